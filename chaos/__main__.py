"""`python -m chaos`: run it, say what came of it, and fail if anything was lost or doubled."""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from chaos.run import Plan, Report, run
from crosswatch.demo.comparison import Finding

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it; the exit code is 0 only if Trakt holds exactly what was watched."""
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=None, help="drawn and printed if not given")
    parser.add_argument("--plays", type=int, default=1_000)
    parser.add_argument("--scale", type=float, default=Plan.__dataclass_fields__["scale"].default)
    parser.add_argument("--viewers", type=int, default=Plan.__dataclass_fields__["viewers"].default)
    parser.add_argument("--servers", type=int, default=Plan.__dataclass_fields__["servers"].default)
    parser.add_argument("--webhooks", action="store_true", help="let the servers call the app as well")
    parser.add_argument("--log", type=Path, default=None, help="keep the app's log in this file")
    given = parser.parse_args(arguments)
    seed = given.seed if given.seed is not None else secrets.randbelow(1_000_000)
    print(f"chaos: seed {seed}, {given.plays} viewings", flush=True)
    plan = Plan(
        seed=seed,
        plays=given.plays,
        scale=given.scale,
        viewers=given.viewers,
        servers=given.servers,
        webhooks=given.webhooks,
        log=given.log,
    )
    report = asyncio.run(run(plan, lambda text: print(f"chaos: {text}", flush=True)))
    print(describe(report))
    return 0 if report.is_right else 1


def describe(report: Report) -> str:
    """The report as text; a failure names the seed and tells the story of each play that went wrong."""
    count = report.comparison.count
    lines = [*report.stories, *(f"unsettled: {name}" for name in report.unsettled)]
    lines += [f"  {number:5} times: {trouble}" for trouble, number in sorted(report.troubles.items())]
    found = ", ".join(f"{finding.value} {count(finding)}" for finding in Finding)
    if report.excused:
        lines.append(
            f"{len(report.excused)} of the recorded ended unheard, and are off by up to {max(report.excused)}"
        )
    effort = f"{report.plan.plays} viewings in {report.seconds:.0f} s, {report.requests} requests to Trakt"
    lines += [f"{effort}, seed {report.plan.seed}", found]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
