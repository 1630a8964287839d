"""All checks, made of what is so. Pure.

The worst gives the word beside the dot. What nobody has set up yet is no fault, and comes first: until it is
there, nothing of the way that a play takes is worth looking at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswatch.health.base import base_checks
from crosswatch.health.checks import Health, Level
from crosswatch.health.door import door_checks
from crosswatch.health.keeping import keeping_checks
from crosswatch.health.sinks import sink_checks
from crosswatch.health.sources import server_of, source_checks
from crosswatch.health.steps import missing_steps

if TYPE_CHECKING:
    from crosswatch.health.facts import Facts


def judge(facts: Facts) -> Health:
    """How everything is, the fine things too; the worst first, else in the order in which a play passes."""
    missing = list(missing_steps(facts.settings))
    checks = [*base_checks(facts), *door_checks(facts, Level.SETUP if missing else Level.FINE)]
    checks += missing or [*source_checks(facts), *sink_checks(facts)]
    checks += keeping_checks(facts)
    checks.sort(key=lambda check: (-check.level, not check.is_remark))
    return Health(checks=tuple(checks), servers=tuple(map(server_of, facts.watch.get("servers", ()))))
