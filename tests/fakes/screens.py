"""Every screen that people see. Whoever adds one adds it here; `tests/browser` asks the same of each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Screen:
    """One screen in one state.

    Attributes:
        name: Of the test and of its pictures.
        path: Where it is; `{failed}` and the other verdicts stand for the id of such a play.
        shows: What must be on it before it is judged, as a selector.
        status: With which it is answered.
    """

    name: str
    path: str
    shows: str = "main h1"
    status: int = 200


SCREENS = (
    Screen("now", "", ".card [data-position]"),
    Screen("history: filtered", "history?outcome=failed&since=30&q=e"),
    Screen("no such play", "history/none", status=404),
    Screen("fix match: search", "history/{failed}/match?find=severance&kind=episode", ".offers"),
    Screen("no such page", "no/such/page", status=404),
    Screen("history", "history", ".play"),
    Screen("history without a match", "history?q=nothing+of+the+kind"),
    Screen("verdict: delivered", "history/{delivered}"),
    Screen("verdict: queued", "history/{queued}"),
    Screen("verdict: skipped", "history/{skipped}"),
    Screen("verdict: failed", "history/{failed}"),
    Screen("fix match", "history/{failed}/match"),
    Screen("logs", "logs", "#live:not([hidden])"),
    Screen("logs: one play", "logs?play={delivered}"),
    Screen("logs: no line", "logs?q=nothing+of+the+kind"),
    Screen("people", "people", ".person"),
    Screen("a person", "people/Kids", ".fields"),
    Screen("nobody", "people/Nobody", status=404),
    Screen("settings", "settings"),
    Screen("settings: rules", "settings/rules"),
    Screen("settings: raw", "settings/raw"),
    Screen("settings: search", "settings?q=percent", ".found"),
    Screen("settings: plex", "settings/plex?all=1", ".field"),
    Screen("settings: trakt", "settings/trakt", ".field"),
    Screen("settings: webhooks", "settings/webhooks", "#hook"),
    Screen("settings: notices", "settings/notices", ".field"),
    Screen("settings: access", "settings/access", "#sessions"),
    Screen("settings: backup", "settings/backup", ".field"),
    Screen("settings: app", "settings/app", ".field"),
    Screen("health", "health", ".facts"),
    Screen("api", "api", ".operation"),
    Screen("claim", "setup/claim"),
    Screen("set-up: server", "setup/server"),
    Screen("set-up: people", "setup/people"),
    Screen("set-up: trakt", "setup/trakt"),
    Screen("set-up: done", "setup/done"),
)
