"""Where plays go: each account's link, what waits for it, and whose plays go there. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from crosswatch.core.phrases import Phrase, listed, say, say_count, together
from crosswatch.core.plays import SinkAccount
from crosswatch.core.ports import Backlog
from crosswatch.core.reasons import Reason
from crosswatch.core.sentences import tell_action, title_of
from crosswatch.health.checks import Check, Level, check_id
from crosswatch.health.words import span_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from crosswatch.config.model import Settings
    from crosswatch.health.facts import Facts

WAITING_TOO_LONG = timedelta(minutes=15)


def sink_checks(facts: Facts) -> Iterator[Check]:
    """Each account's link and what waits for it, and a remark if everyone's plays go to one account."""
    whose = _whose(facts)
    for status in facts.sinks:
        yield _for_whom(_link(status, facts.now), whose.get(account_of(str(status["name"])), ""))
    if not facts.storage_problem:  # else nobody knows what waits
        told = {account_of(str(status["name"])): Backlog() for status in facts.sinks}
        for account, backlog in {**told, **facts.backlog}.items():
            yield _for_whom(_backlog(account, backlog, facts.now), whose.get(account, ""))
    yield from _remarks(facts.settings)


def _whose(facts: Facts) -> dict[SinkAccount, str]:
    """Whose plays go to each account, where there are several; one that is nobody's goes by its own name."""
    accounts = [account_of(str(status["name"])) for status in facts.sinks]
    if len(accounts) < 2:  # noqa: PLR2004 -- several begin with the second
        return {}
    people = facts.settings.people
    owners = {one: [person.name for person in people if one.name in person.accounts] for one in accounts}
    return {account: listed(names) or account.name for account, names in owners.items()}


def _for_whom(check: Check, people: str) -> Check:
    return (
        replace(check, title=say("{title}: {people}", title=check.title, people=people)) if people else check
    )


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
    warning = status.get("sentence") or ""
    if status.get("ok", True):
        return Check(
            id=known_as,
            level=Level.ATTENTION if warning else Level.FINE,
            title=say("A link is about to end") if warning else say("Link to Trakt"),
            sentence=warning
            or together([say("{account} can be used.", account=_called(account)), *_dates(status, now)]),
            action=tell_action(Reason.LINK_EXPIRED, account) if warning else "",
            proved_at=_proof(status),
        )
    reason = Reason(status["reason"]) if status.get("reason") else None
    return Check(
        id=known_as,
        level=Level.BROKEN if reason else Level.ATTENTION,
        title=title_of(reason or Reason.TRAKT_DOWN),
        sentence=warning,
        action=tell_action(reason, account) if reason else "",
    )


def _proof(status: Mapping[str, Any]) -> datetime | None:
    """When Trakt last took the link: that it has not refused it yet shows nothing."""
    known = [status.get(name) for name in ("last_ok_at", "renewed_at")]
    return max((moment for moment in known if isinstance(moment, datetime)), default=None)


def _called(account: SinkAccount) -> str:
    if account == SinkAccount():
        return say("The Trakt account")
    return say("The Trakt account {name}", name=account.name)


def _dates(status: Mapping[str, Any], now: datetime) -> Iterator[Phrase]:
    """When Trakt last said yes, when the link was renewed, and how long it lasts, as far as that is known."""
    if isinstance(answered_at := status.get("last_ok_at"), datetime):
        yield say("Trakt last said yes {span} ago.", span=span_words(now - answered_at))
    if isinstance(renewed_at := status.get("renewed_at"), datetime):
        yield say("The link was renewed {span} ago.", span=span_words(now - renewed_at))
    expires_at = status.get("expires_at")
    if isinstance(expires_at, datetime) and expires_at > now:
        yield say("It lasts for {span}, and is renewed by itself before.", span=span_words(expires_at - now))


def _backlog(account: SinkAccount, backlog: Backlog, now: datetime) -> Check:
    known_as = account_id("backlog", account)
    if backlog.oldest_at is not None and now - backlog.oldest_at > WAITING_TOO_LONG:
        return Check(
            id=known_as,
            level=Level.ATTENTION,
            title=say("Plays are waiting"),
            sentence=say_count(
                "{number} finished play waits for Trakt, safe here.",
                "{number} finished plays wait for Trakt, safe here.",
                backlog.watched,
            ),
            since=backlog.oldest_at,
            next_try_at=backlog.next_attempt_at,
        )
    sentence = say("Nothing waits.")
    if backlog.watched:
        sentence = say_count(
            "{number} finished play on the way to Trakt.",
            "{number} finished plays on the way to Trakt.",
            backlog.watched,
        )
    return Check(id=known_as, title=say("Plays on their way"), sentence=sentence, proved_at=now)


def _remarks(settings: Settings) -> Iterator[Check]:
    if not settings.features.scrobble.filters.username_whitelist and not settings.people:
        yield Check(
            id="everyone",
            title=say("Everyone counts"),
            sentence=say("Everyone's plays on the server go to the one Trakt account."),
            action=say("To choose who counts, list them in `features.scrobble.filters.username_whitelist`."),
            is_remark=True,
        )
