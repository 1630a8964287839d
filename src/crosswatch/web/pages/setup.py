"""What each step of the set-up shows; read from the configuration and from what is being linked now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from crosswatch.core.filters import ID_PREFIX, fold
from crosswatch.core.phrases import listed
from crosswatch.core.plays import SinkAccount
from crosswatch.errors import LoginError
from crosswatch.linking import changes
from crosswatch.linking.attempts import Stage
from crosswatch.linking.household import Kind
from crosswatch.linking.search import best_of
from crosswatch.providers.scrobble.trakt.accounts import account_names
from crosswatch.web.people import way_to
from crosswatch.web.qr import qr_code

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from typing import Any

    from markupsafe import Markup

    from crosswatch.config.file import ConfigFile
    from crosswatch.config.model import Settings
    from crosswatch.linking.attempts import Attempt
    from crosswatch.linking.household import Member
    from crosswatch.linking.search import ServerSearch, Tried
    from crosswatch.web.ports import RuntimeLike

STEPS = ("claim", "plex", "server", "people", "trakt", "try")
HUES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """Where the steps lead.

    Attributes:
        here: The step that is shown.
        done: The steps behind which nothing is missing.
        is_claimed: Whether the first one is gone.
    """

    here: str
    done: frozenset[str]
    is_claimed: bool

    @property
    def number(self) -> int:
        """Which step it is, from 1."""
        return STEPS.index(self.here) + 1

    @property
    def before(self) -> str:
        """The step before, as far as there is one."""
        first = 2 if self.is_claimed else 1
        return STEPS[self.number - 2] if self.number > first else ""

    @property
    def after(self) -> str:
        """What comes next."""
        return STEPS[self.number] if self.number < len(STEPS) else "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A code to be used elsewhere.

    Attributes:
        user_code: To be typed.
        url: Where.
        direct_url: Where nothing has to be typed.
        qr: The same, to be scanned.
        expires_at: Until when, aware UTC.
    """

    user_code: str
    url: str
    direct_url: str
    qr: Markup
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """How an attempt to link an account stands.

    Attributes:
        is_open: Whether it may still succeed.
        code: What to show, or None.
        problem: Why it has failed, or empty.
    """

    is_open: bool = False
    code: Code | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerRow:
    """A server of the account.

    Attributes:
        name: As its owner named it.
        server_uuid: `machineIdentifier`.
        is_owned: Whether the account owns it.
        is_chosen: Whether it is the one that is watched.
        addresses: Where it may answer.
        best: The address to take, or None.
    """

    name: str
    server_uuid: str
    is_owned: bool
    is_chosen: bool
    addresses: Sequence[Tried]
    best: Tried | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """Somebody with a switch.

    Attributes:
        number: At plex.tv.
        name: What to call them.
        kind: What they are to the owner.
        is_on: Whether their plays count.
        hue: 0 to 7, always the same for a person.
    """

    number: int
    name: str
    kind: Kind
    is_on: bool

    @property
    def hue(self) -> int:
        """The colour of their initial."""
        return self.number % HUES


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    """A Trakt account of somebody's.

    Attributes:
        name: In the configuration.
        username: At Trakt, or empty while it is not known.
        problem: Why nothing can be sent there, or empty.
        shared_with: Others whose plays go to the same account at Trakt, though it is another one here.
    """

    name: str
    username: str
    problem: str
    shared_with: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRow:
    """Somebody, and where their plays go.

    Attributes:
        name: What they are called; empty for everybody who counts.
        accounts: Where their plays go.
        link: The attempt under way, or that ended last.
    """

    name: str
    accounts: tuple[AccountRow, ...]
    link: Link

    @property
    def is_linked(self) -> bool:
        """Whether plays of theirs reach Trakt."""
        return any(not account.problem for account in self.accounts)


def steps_from(runtime: RuntimeLike, here: str) -> Steps:
    """The steps, seen from one of them."""
    is_claimed = runtime.access.is_claimed or runtime.config.settings.access.external
    done = done_steps(runtime.config.settings)
    return Steps(here=here, done=done | ({"claim"} if is_claimed else frozenset()), is_claimed=is_claimed)


def done_steps(settings: Settings) -> frozenset[str]:
    """The steps behind which nothing is missing, the first password left out."""
    features = settings.features
    facts = {
        "plex": bool(settings.plex.account_token),
        "server": bool(settings.plex.server_url) and (features.watch.enabled or features.webhook.enabled),
        "people": has_people(settings),
        "trakt": bool(settings.trakt.client_id)
        and bool(account_names(settings))
        and features.scrobble.enabled
        and features.scrobble.providers.trakt.enabled,
    }
    return frozenset(step for step, is_done in facts.items() if is_done)


def next_step(settings: Settings) -> str | None:
    """The first step at which something is missing; None if there is none."""
    done = done_steps(settings)
    return next((step for step in STEPS[1:-1] if step not in done), None)


def has_people(settings: Settings) -> bool:
    """Whether somebody has said whose plays count."""
    whitelist = settings.features.scrobble.filters.username_whitelist
    return bool(settings.people) or any(name.strip() for name in whitelist)


def variable_of(config: ConfigFile, key: str) -> str:
    """The environment's variable that sets the key, or empty."""
    return config.overlay.variables.get(key, "")


def link_of(attempt: Attempt | None) -> Link:
    """How an attempt stands."""
    if attempt is None:
        return Link()
    code = attempt.code if attempt.stage is Stage.WAITING else None
    return Link(
        is_open=attempt.is_open,
        problem=attempt.problem,
        code=None
        if code is None
        else Code(
            user_code=code.user_code,
            url=code.url,
            direct_url=code.direct_url,
            qr=qr_code(code.direct_url),
            expires_at=code.expires_at,
        ),
    )


def server_rows(search: ServerSearch, settings: Settings) -> list[ServerRow]:
    """The servers that were found, with what is known of their addresses by now."""
    rows = []
    for offer in search.offers or ():
        addresses = search.addresses(offer)
        rows.append(
            ServerRow(
                name=offer.name,
                server_uuid=offer.server_uuid,
                is_owned=offer.is_owned,
                is_chosen=offer.server_uuid == settings.plex.server_uuid,
                addresses=addresses,
                best=best_of(addresses),
            )
        )
    return rows


async def known_people(runtime: RuntimeLike) -> tuple[list[Member], str]:
    """Everybody who may play, or nobody and why."""
    if not runtime.config.settings.plex.account_token:
        return [], ""
    try:
        return await runtime.linking.fetch_people(), ""
    except LoginError as error:
        return [], error.sentence


def person_rows(members: Sequence[Member], settings: Settings) -> list[PersonRow]:
    """Everybody who may play, with their switch as it stands; at first only the owner's is on."""
    return [
        PersonRow(number=member.number, name=member.name, kind=member.kind, is_on=_counts(member, settings))
        for member in members
    ]


def _counts(member: Member, settings: Settings) -> bool:
    if settings.people:
        return any(
            changes.is_meant(member, person.plex_ids) and not person.paused for person in settings.people
        )
    whitelist = {fold(name) for name in settings.features.scrobble.filters.username_whitelist} - {""}
    if whitelist:
        return bool({fold(member.name), f"{ID_PREFIX}{member.number}"} & whitelist)
    return member.kind is Kind.OWNER


def others_of(members: Collection[Member], settings: Settings) -> list[str]:
    """People of the configuration whom nobody was shown."""
    return [
        person.name
        for person in settings.people
        if not any(changes.is_meant(member, person.plex_ids) for member in members)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alone:
    """That one person is linked, out of the turn of the set-up.

    Attributes:
        name: Theirs.
        step: The page, as the step of the set-up that it is.
        back: Where to go afterwards.
    """

    name: str
    step: str
    back: str


def alone_of(name: str) -> Alone:
    """The page on which nobody else is linked."""
    return Alone(name=name, step=f"trakt?{urlencode({'who': name})}", back=way_to(name))


async def link_rows(runtime: RuntimeLike) -> list[LinkRow]:
    """Everybody whose plays count, with their accounts; one row without a name for a list of names."""
    settings, desk = runtime.config.settings, runtime.linking
    with_tokens = account_names(settings)
    sinks = {str(status["name"]): status for status in runtime.sink_status()}

    async def accounts(names: Sequence[str]) -> tuple[AccountRow, ...]:
        return tuple(
            [
                AccountRow(name=name, username=await desk.name_at_trakt(name), problem=_problem(sinks, name))
                for name in names
                if name in with_tokens
            ]
        )

    if not settings.people:
        default = await accounts([SinkAccount().name])
        return [LinkRow(name="", accounts=default, link=link_of(desk.trakt.get("")))]
    rows = [
        LinkRow(
            name=person.name,
            accounts=await accounts(person.accounts),
            link=link_of(desk.trakt.get(person.name)),
        )
        for person in settings.people
        if not person.paused or person.name in desk.trakt
    ]
    return [
        replace(row, accounts=tuple(_with_sharers(row, account, rows) for account in row.accounts))
        for row in rows
    ]


def _with_sharers(row: LinkRow, account: AccountRow, rows: Sequence[LinkRow]) -> AccountRow:
    """The account, and who else signed in at Trakt as the same member, as happens by mistake on one phone."""
    others = [
        other.name
        for other in rows
        for one in other.accounts
        if other is not row and one.name != account.name and one.username == account.username != ""
    ]
    return replace(account, shared_with=listed(list(dict.fromkeys(others))))


def _problem(sinks: Mapping[str, Mapping[str, Any]], name: str) -> str:
    status = sinks.get(str(SinkAccount(name=name)), {})
    return status.get("sentence", "") if status.get("reason") else ""
