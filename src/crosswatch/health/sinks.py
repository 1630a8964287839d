"""Where plays go: each account's link, what waits for it, and whose plays go there. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from crosswatch.core.plays import SinkAccount
from crosswatch.core.ports import Backlog
from crosswatch.core.reasons import EXPLANATIONS, Reason
from crosswatch.core.sentences import tell_action
from crosswatch.health.checks import Check, Level, check_id
from crosswatch.health.words import count_words, span_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from crosswatch.config.model import Settings
    from crosswatch.health.facts import Facts

WAITING_TOO_LONG = timedelta(minutes=15)


def sink_checks(facts: Facts) -> Iterator[Check]:
    """Each account's link and what waits for it, and a remark if everyone's plays go to one account."""
    for status in facts.sinks:
        yield _link(status, facts.now)
    if not facts.storage_problem:  # else nobody knows what waits
        told = {account_of(str(status["name"])): Backlog() for status in facts.sinks}
        for account, backlog in {**told, **facts.backlog}.items():
            yield _backlog(account, backlog, facts.now)
    yield from _remarks(facts.settings)


def account_of(name: str) -> SinkAccount:
    """The sink account of which a status speaks: `trakt/maya`."""
    sink, _, account = name.partition("/")
    return SinkAccount(sink=sink, name=account)


def account_id(kind: str, account: SinkAccount) -> str:
    """The id of a check of this account."""
    return check_id(kind, str(account))


def _link(status: Mapping[str, Any], now: datetime) -> Check:
    account = account_of(str(status["name"]))
    known_as = account_id("link", account)
    warning = str(status.get("sentence") or "")
    if status.get("ok", True):
        return Check(
            id=known_as,
            level=Level.ATTENTION if warning else Level.FINE,
            title="A link is about to end" if warning else "Link to Trakt",
            sentence=warning or f"{_called(account)} can be used.{_dates(status, now)}",
            action=tell_action(Reason.LINK_EXPIRED, account) if warning else "",
            proved_at=_proof(status),
        )
    told = EXPLANATIONS[Reason(status["reason"])] if status.get("reason") else None
    return Check(
        id=known_as,
        level=Level.BROKEN if told else Level.ATTENTION,
        title=told.title if told else "Trakt isn't answering",
        sentence=warning,
        action=tell_action(Reason(status["reason"]), account) if told else "",
    )


def _proof(status: Mapping[str, Any]) -> datetime | None:
    """When Trakt last took the link: that it has not refused it yet shows nothing."""
    known = [status.get(name) for name in ("last_ok_at", "renewed_at")]
    return max((moment for moment in known if isinstance(moment, datetime)), default=None)


def _called(account: SinkAccount) -> str:
    return "The Trakt account" if account == SinkAccount() else f"The Trakt account {account.name}"


def _dates(status: Mapping[str, Any], now: datetime) -> str:
    """When Trakt last said yes, when the link was renewed, and how long it lasts, as far as that is known."""
    said = []
    if isinstance(answered_at := status.get("last_ok_at"), datetime):
        said.append(f" Trakt last said yes {span_words(now - answered_at)} ago.")
    if isinstance(renewed_at := status.get("renewed_at"), datetime):
        said.append(f" The link was renewed {span_words(now - renewed_at)} ago.")
    expires_at = status.get("expires_at")
    if isinstance(expires_at, datetime) and expires_at > now:
        said.append(f" It lasts for {span_words(expires_at - now)}, and is renewed by itself before.")
    return "".join(said)


def _backlog(account: SinkAccount, backlog: Backlog, now: datetime) -> Check:
    known_as = account_id("backlog", account)
    waiting = count_words(backlog.watched, "finished play")
    if backlog.oldest_at is not None and now - backlog.oldest_at > WAITING_TOO_LONG:
        waits = "waits" if backlog.watched == 1 else "wait"
        return Check(
            id=known_as,
            level=Level.ATTENTION,
            title="Plays are waiting",
            sentence=f"{waiting} {waits} for Trakt, safe here.",
            since=backlog.oldest_at,
            next_try_at=backlog.next_attempt_at,
        )
    sentence = f"{waiting} on the way to Trakt." if backlog.watched else "Nothing waits."
    return Check(id=known_as, title="Plays on their way", sentence=sentence, proved_at=now)


def _remarks(settings: Settings) -> Iterator[Check]:
    if not settings.features.scrobble.filters.username_whitelist and not settings.people:
        yield Check(
            id="everyone",
            title="Everyone counts",
            sentence="Everyone's plays on the server go to the one Trakt account.",
            action="To choose who counts, list them in `features.scrobble.filters.username_whitelist`.",
            is_remark=True,
        )
