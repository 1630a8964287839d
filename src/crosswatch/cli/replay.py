"""`crosswatch replay`: what would be told of a recording, by the configuration as it is; nothing is sent.

A recording is a list of `steps`, each `at` so many milliseconds after its beginning: `ws` is a frame that
came, `sessions` what `/status/sessions` answers from then on.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from crosswatch.cli.outfit import outfit
from crosswatch.config.links import rules_from
from crosswatch.core.events import Account, Media, MediaKind
from crosswatch.core.facts import Binding
from crosswatch.core.filters import ID_PREFIX, fold
from crosswatch.core.people import Home
from crosswatch.core.phrases import plain
from crosswatch.core.reasons import Verdict
from crosswatch.errors import PayloadError, SourceError
from crosswatch.providers.scrobble.plex.documents import parse_json
from crosswatch.providers.scrobble.plex.frames import decode_frame
from crosswatch.providers.scrobble.plex.rows import sessions_from
from crosswatch.providers.scrobble.plex.values import child_of
from crosswatch.rehearsal import Rehearsal
from crosswatch.service.memory import Known
from crosswatch.watching import keyed_servers
from crosswatch.web.explaining import scene_shape

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping
    from datetime import datetime

    from crosswatch.core.facts import SessionRow
    from crosswatch.core.people import Rules
    from crosswatch.core.session import Session
    from crosswatch.providers.scrobble.plex.pms import PlexServer
    from crosswatch.rehearsal import Scene

LOOK_EVERY = timedelta(seconds=1)
"""How often time alone is looked at between two steps."""

AFTERMATH = timedelta(minutes=3)
"""How long is listened on after the last step: a session that vanished ends by itself."""

NOTHING_TOLD = "Nothing would be told of it."
NOBODY_KNOWS = "The recording does not say who watches, and nobody is guessed: say it with --person."


@dataclass(slots=True, kw_only=True)
class Stage:
    """What the recording's server would answer.

    Attributes:
        viewer: Who watches where the recording does not say so.
        server: A real server to be asked for items, or None.
        rows: What plays, as the recording says; None where it does not say.
        unknown: Keys of items that nobody could describe.
    """

    viewer: Account
    server: PlexServer | None
    rows: dict[str, SessionRow] | None = None
    unknown: set[str] = field(default_factory=set)

    def take(self, answer: Mapping[str, Any]) -> None:
        """Take an answer of `/status/sessions`."""
        self.rows = {row.session_key: row for row in sessions_from(child_of(answer, "MediaContainer"))}

    @property
    def knows_somebody(self) -> bool:
        """Whether it was said of any session who watches."""
        return any(
            one.is_known for one in (self.viewer, *(row.account for row in (self.rows or {}).values()))
        )

    def sessions(self) -> list[SessionRow] | None:
        """The list of sessions, if the recording has one."""
        return None if self.rows is None else [*self.rows.values()]

    async def look_up(self, session: Session) -> Binding | None:
        """Who watches and what it is."""
        row = (self.rows or {}).get(session.session_key)
        if row is not None and row.media.rating_key not in ("", session.item):
            row = None
        media = await self._media(session.item, row)
        account = row.account if row is not None and row.account.is_known else self.viewer
        if media is None:
            return None
        if row is None:
            return Binding(account=account, media=media)
        return Binding(account=account, media=media, player=row.player, offset_ms=row.offset_ms)

    async def _media(self, item: str, row: SessionRow | None) -> Media | None:
        if self.server is not None and item.isalnum():
            with contextlib.suppress(SourceError):  # it is another server's item, or this one is away
                return await self.server.fetch_media(item)
        if row is not None:
            return row.media
        self.unknown.add(item)
        return Media(kind=MediaKind.UNKNOWN, title=f"item {item}", rating_key=item)


@click.command()
@click.argument("recording", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Must be given: nothing else can be done with a recording.")
@click.option(
    "--person",
    default=None,
    help="Who watches where the recording does not say: a name in people or at Plex, or id:<n>.",
)
@click.option("--json", "as_json", is_flag=True, help="As JSON, a scene per line.")
def command(recording: Path, *, dry_run: bool, person: str | None, as_json: bool) -> None:
    """Play a RECORDING through the app's own decisions, and print what would be told.

    Rules and marks are those of config.json. The first Plex server is asked what items are; Trakt is not
    asked anything, and nothing is written.
    """
    if not dry_run:
        raise click.UsageError("A recording can only be replayed with --dry-run: nothing of it is ever sent.")
    notes = asyncio.run(_replay(recording, person or "", as_json=as_json))
    if not as_json:
        click.echo("".join(f"{note}\n" for note in notes), nl=False)


async def _replay(recording: Path, person: str, *, as_json: bool) -> list[str]:
    """Print each scene; what is to be said of the whole, in sentences."""
    steps = read_steps(recording)
    count = 0
    async with outfit() as tools:
        tools.require_config()
        began = tools.clock.now()
        server = next(
            (tools.plex_server(key, one) for key, one in keyed_servers(tools.config.settings).items()), None
        )
        rules = rules_from(tools.config.settings, Home())
        stage = Stage(viewer=_viewer(person, rules), server=server)
        rehearsal = Rehearsal(
            rules, "recording", look_up=stage.look_up, recall=_recall, sessions=stage.sessions
        )
        async for scene in _scenes(steps, rehearsal, stage, began):
            count += 1
            for line in [_encoded(scene, began)] if as_json else _lines_of(scene, began):
                click.echo(line)
    notes = [] if count else [NOTHING_TOLD]
    notes += [] if count or stage.knows_somebody else [NOBODY_KNOWS]
    named = ", ".join(sorted(stage.unknown))
    return [*notes, f"Neither the recording nor a server says what item {named} is."] if named else notes


async def _scenes(
    steps: Iterator[dict[str, Any]], rehearsal: Rehearsal, stage: Stage, began: datetime
) -> AsyncIterator[Scene]:
    now = last = began
    for step in steps:
        at = began + timedelta(milliseconds=step["at"])
        while now + LOOK_EVERY < at:
            now += LOOK_EVERY
            for scene in await rehearsal.pass_time(now):
                yield scene
        now = last = at
        if "sessions" in step:
            stage.take(step["sessions"])
        if "ws" in step:
            for scene in await rehearsal.hear(
                decode_frame(msgspec.json.encode(step["ws"])).notifications, now
            ):
                yield scene
    while now < last + AFTERMATH:
        now += LOOK_EVERY
        for scene in await rehearsal.pass_time(now):
            yield scene


def read_steps(recording: Path) -> Iterator[dict[str, Any]]:
    """The steps of a recording, in order; what is listed before the first of them comes first.

    Raises:
        PayloadError: If it is no recording.
    """
    document = parse_json(recording.read_bytes())
    steps = document.get("steps") if isinstance(document, dict) else None
    if not isinstance(steps, list) or not all(_is_step(step) for step in steps):
        raise PayloadError(f"{recording} is no recording: it needs `steps`, each with `at` in milliseconds.")
    before = child_of(child_of(document, "sessions"), "before")
    yield from [{"at": 0, "sessions": before}] if before else []
    yield from sorted(steps, key=lambda step: (step["at"], "ws" in step))


def _is_step(step: Any) -> bool:
    return isinstance(step, dict) and isinstance(step.get("at"), int)


def _viewer(person: str, rules: Rules) -> Account:
    """Whom the name means: somebody of the configuration, or whoever is called so at Plex."""
    number = person.removeprefix(ID_PREFIX)
    if person.startswith(ID_PREFIX) and number.isdecimal():
        return Account(id=int(number))
    name = person.strip()
    ids = {id_ for one in rules.people if fold(one.name) == fold(name) for id_ in one.plex_ids}
    return Account(id=min(ids, default=None), name=name)


async def _recall(media: Media) -> Known:
    """What Plex says of an item has to do: what was chosen or learned is the running app's."""
    return Known(media=media)


def _lines_of(scene: Scene, began: datetime) -> Iterator[str]:
    progress = "?" if scene.event.progress is None else f"{scene.event.progress:g} %"
    person = scene.play.account.name or f"account {scene.play.account.id}"
    linked = f" as {' and '.join(scene.people)}" if scene.people else ""
    yield (
        f"+{_span(scene.at - began)}  {scene.event.action} {scene.play.media.label} {progress} · "
        f"{person}{linked} · {scene.told.title}"
    )
    for telling in scene.tellings:
        body = msgspec.json.encode(telling.body).decode() if telling.body is not None else ""
        yield f"    {telling.account}: {telling.request or telling.note} {body}".rstrip()
    if not scene.tellings and scene.play.verdict is Verdict.SKIPPED:
        yield f"    {scene.told.sentence}"


def _encoded(scene: Scene, began: datetime) -> str:
    shape = scene_shape(scene)
    at_ms = round((scene.at - began).total_seconds() * 1000)
    return msgspec.json.encode({"at_ms": at_ms, **shape}, enc_hook=plain).decode()


def _span(passed: timedelta) -> str:
    """`0:01:10.5`."""
    tenths = round(passed.total_seconds() * 10)
    minutes, rest = divmod(tenths, 600)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest // 10:02d}.{rest % 10}"
