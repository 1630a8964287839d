"""Dashboard, alerts and `docs/monitoring.md` against what `/metrics` and the checks really say."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from crosswatch.core.plays import SinkAccount
from crosswatch.core.ports import Backlog
from crosswatch.health.checks import KINDS, Check, Health
from crosswatch.notices.book import PERSON, RETRY_AFTER, TRIGGERS
from crosswatch.tallies import Counted, Tallies
from crosswatch.web.metrics import Readings, render
from fakes.markdown import ROOT, page, rows, section

NOW = datetime(2026, 11, 20, 20, 15, tzinfo=UTC)
DASHBOARD = ROOT / "contrib" / "grafana" / "crosswatch.json"
ALERTS = ROOT / "contrib" / "grafana" / "alerts.yml"
PAGE = page("docs/monitoring.md")


def everything():
    """What `/metrics` says where there is something of each kind: each sample, with its labels."""
    tallies = Tallies()
    tallies.count(Counted.EVENTS, "watch", "start")
    tallies.count(Counted.PLAYS, "delivered", "watched")
    tallies.count(Counted.TRAKT_REQUESTS, "/scrobble/start", "201")
    tallies.count(Counted.NOTIFICATIONS, "sent")
    tallies.note_delivery(1.0)
    readings = Readings(
        health=Health(checks=(Check(id="config", title="", sentence=""),)),
        watch={"servers": [{"name": "Den", "connected": True, "last_frame_at": NOW, "reconnects": 1}]},
        sinks=[{"name": "trakt/default", "expires_at": NOW}],
        backlog={SinkAccount(): Backlog(watched=1, oldest_at=NOW)},
        tallies=tallies,
        now=NOW,
    )
    found = {}
    for name, labels in re.findall(
        r"^(crosswatch_\w+)(\{[^}]*\})? ", render(readings).decode(), re.MULTILINE
    ):
        found[name] = set(re.findall(r'(\w+)="', labels))
    return found


METRICS = everything()


def expressions():
    panels = json.loads(DASHBOARD.read_text())["panels"]
    dashboard = [target["expr"] for panel in panels for target in panel["targets"]]
    return dashboard + re.findall(r"expr: (?:\|\n)?((?:.|\n)*?)\n        for:", ALERTS.read_text())


@pytest.mark.parametrize("expression", expressions())
def test_a_dashboard_and_an_alert_ask_for_what_there_is(expression):
    named = re.findall(r"crosswatch_\w+", expression)
    labels = set().union(*(METRICS.get(name, set()) for name in named))
    asked = {label for group in re.findall(r"by \(([^)]*)\)", expression) for label in group.split(", ")}
    asked |= set(re.findall(r"[{,](\w+)=", expression))

    assert named
    assert set(named) <= set(METRICS)
    assert asked <= labels


def test_the_dashboard_has_eight_panels_that_say_what_they_show():
    panels = json.loads(DASHBOARD.read_text())["panels"]
    assert len(panels) == 8
    assert all(panel["title"] and panel["description"] for panel in panels)


def test_every_metric_is_explained_with_its_labels():
    explained = {
        cells[0].strip("`"): set(re.findall(r"`(\w+)`", cells[1])) for cells in rows(section(PAGE, "Metrics"))
    }
    families = {}
    for name, labels in METRICS.items():
        if not name.endswith(("_created", "_sum", "_count")):
            families[name.removesuffix("_bucket")] = labels - {"le"}
    assert explained == families


def test_every_check_is_explained():
    explained = [cells[0].strip("`") for cells in rows(section(PAGE, "Checks"))]
    assert sorted(explained) == sorted(KINDS)


def test_every_event_of_notices_is_explained():
    explained = {cells[0].strip("`") for cells in rows(section(PAGE, "Notices"))}
    assert explained >= {PERSON, *(trigger.event for trigger in TRIGGERS.values())}


def test_the_patience_of_notices_is_the_one_in_the_code():
    assert TRIGGERS["server"].patience == timedelta(minutes=5)
    assert len(RETRY_AFTER) + 1 == 5
    assert "5 times within three quarters of an hour" in PAGE
    assert sum(RETRY_AFTER, timedelta()) < timedelta(minutes=45)
