"""What the settings show beside their forms: tests, accounts, addresses, backups, sessions, keys."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from crosswatch.access.register import Scope
from crosswatch.access.verdict import By
from crosswatch.errors import BackupError, StorageError
from crosswatch.examining import TRAKT, Finding
from crosswatch.watching import keyed_servers
from crosswatch.web.languages import mark

if TYPE_CHECKING:
    from starlette.requests import Request

    from crosswatch.access.register import ApiKey, Session
    from crosswatch.access.verdict import Guest
    from crosswatch.access.visitors import Visitor
    from crosswatch.backup.shelf import Kept
    from crosswatch.web.ports import RuntimeLike

NOTICES = "notices"
BACKUP = "backup"


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What is there beside a form; each is empty where it is not that section's.

    Attributes:
        tests: What can be tried: its name, and what people call it.
        accounts: How each Trakt account stands.
        hook: The address that Plex is to be told.
        hooks: What has come there.
        backups: What is on the shelf; None where there is none to show.
        sessions: The browsers that are signed in; None where they are not shown.
        mine: The id of the session that asks.
        keys: The API keys.
        may_make_keys: Whether a key could be made now.
        has_password: Whether whoever asks has come in by one.
    """

    tests: tuple[tuple[str, str], ...] = ()
    accounts: list[dict[str, Any]] = field(default_factory=list)
    hook: str = ""
    hooks: list[dict[str, Any]] = field(default_factory=list)
    backups: list[Kept] | None = None
    sessions: list[Session] | None = None
    mine: str = ""
    keys: list[ApiKey] = field(default_factory=list)
    may_make_keys: bool = False
    has_password: bool = False

    @property
    def scopes(self) -> tuple[str, ...]:
        """What a key may be allowed."""
        return tuple(scope.value for scope in Scope)


async def beside(section: str, runtime: RuntimeLike, request: Request) -> Beside:
    """What is beside the form of the section."""
    match section:
        case "plex":
            return Beside(tests=_server_tests(runtime))
        case "trakt":
            return Beside(tests=_account_tests(runtime), accounts=runtime.sink_status())
        case "webhooks":
            return Beside(hook=_hook(request, runtime), hooks=runtime.watch_status()["webhooks"])
        case "notices":
            notices = runtime.config.settings.notices
            has_places = any((notices.webhook_url, notices.ntfy_url, notices.apprise_urls))
            return Beside(tests=((NOTICES, mark("Send a test message")),) if has_places else ())
        case "backup":
            return Beside(backups=await _contents(runtime))
        case "access":
            return _beside_access(runtime, request)
        case _:
            return Beside()


async def try_out(name: str, runtime: RuntimeLike) -> list[Finding]:
    """What trying it has shown, step by step.

    Args:
        name: As in `Beside.tests`; nothing is found out about anything else.
        runtime: The running app.
    """
    if name == NOTICES:
        tried = await runtime.upkeep.notifier.test()
        return [Finding(ok=one.ok, subject=one.place, sentence=one.sentence) for one in tried]
    return [finding async for finding in runtime.examiner.examine(name)]


def _names(runtime: RuntimeLike) -> tuple[str, ...]:
    try:
        return runtime.examiner.names()
    except StorageError:  # nothing can be tried while the app has not begun
        return ()


def _server_tests(runtime: RuntimeLike) -> tuple[tuple[str, str], ...]:
    servers = keyed_servers(runtime.config.settings)
    return tuple((name, servers[name].server_url) for name in _names(runtime) if name in servers)


def _account_tests(runtime: RuntimeLike) -> tuple[tuple[str, str], ...]:
    names = [name for name in _names(runtime) if name.partition(":")[0] == TRAKT]
    return tuple((name, name.partition(":")[2] or "Trakt") for name in names)


def _hook(request: Request, runtime: RuntimeLike) -> str:
    """The address of the webhook as this browser would reach it."""
    visitor: Visitor = request.state.visitor
    own, *shown = visitor.hosts  # a proxy may send another name than the one that it shows
    start = f"{visitor.scheme}://{shown[0] if shown else own}"
    address = f"{start}{request.scope.get('root_path', '')}/webhook/trakt"
    return f"{address}?token=…" if runtime.config.settings.plex.webhook_secret else address


async def _contents(runtime: RuntimeLike) -> list[Kept]:
    try:
        return await runtime.upkeep.shelf.contents()
    except (BackupError, OSError):
        return []


def _beside_access(runtime: RuntimeLike, request: Request) -> Beside:
    guest: Guest = request.state.guest
    now = runtime.clock.now()
    return Beside(
        sessions=[session for session in runtime.access.sessions() if session.ends_at() > now],
        mine=guest.session.id if guest.session else "",
        keys=runtime.access.api_keys(),
        may_make_keys=guest.by is not By.NO_PASSWORD_YET,
        has_password=guest.session is not None,
    )
