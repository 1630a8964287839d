"""The parts of the configuration about people: whose plays count and which, who is who, who may come in."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from crosswatch.config.neighbours import SwitchSettings
from crosswatch.config.view import About, Mark, PlexId, View
from crosswatch.core.phrases import say

FIRST_YEAR, LAST_YEAR = 1971, 9998
"""A moment in these years has its time of day in every zone."""


class SinkSettings(SwitchSettings, frozen=True, kw_only=True):
    """Telling one sink."""

    enabled: Annotated[bool, About("Tell Trakt", "Tell Trakt. Both switches have to be on.")] = False


class ProviderSettings(View, frozen=True, kw_only=True):
    """Which sinks are told."""

    trakt: SinkSettings = SinkSettings()


class LimitSettings(View, frozen=True, kw_only=True):
    """Which plays count; an empty list lets every play pass.

    Attributes:
        libraries: The only libraries that count, by title or `id:<section>`.
        ignored_libraries: Libraries that do not, by the same.
        ignored_titles: Films and shows that do not, by title, by title with year, or by `<source>:<id>`.
        kinds: The only kinds that count.
        players: The only devices that count.
        networks: The only networks that count.
    """

    libraries: Annotated[
        tuple[str, ...],
        About(
            "Libraries",
            "Only plays of these libraries count, by title or `id:` and the section's number.",
        ),
    ] = ()
    ignored_libraries: Annotated[
        tuple[str, ...],
        About(
            "Ignored libraries",
            "Plays of these libraries do not count, by title or `id:` and the section's number.",
        ),
    ] = ()
    ignored_titles: Annotated[
        tuple[str, ...],
        About(
            "Ignored titles",
            "Plays of these films and shows do not count, by title (`Peppa Pig`), title and year "
            "(`Heat (1995)`), or an id (`imdb:tt0113277`, `tmdb:949`, `tvdb:81189`). Capitals do not matter.",
        ),
    ] = ()
    kinds: Annotated[
        tuple[Literal["movie", "episode"], ...],
        About(
            "Kinds",
            "Only plays of these kinds count.",
        ),
    ] = ()
    players: Annotated[
        tuple[str, ...],
        About(
            "Devices",
            "Only plays on these devices count, by title, by product, or `id:` and the client's identifier.",
            advanced=True,
        ),
    ] = ()
    networks: Annotated[
        tuple[Literal["lan", "wan", "cellular"], ...],
        About(
            "Networks",
            "Only plays over these networks count.",
            advanced=True,
        ),
    ] = ()


class FilterSettings(LimitSettings, frozen=True, kw_only=True):
    """Whose plays count, and which; an empty list or text lets everyone pass."""

    username_whitelist: Annotated[
        tuple[str, ...],
        About(
            "People",
            "Whose plays count: any name that the server or plex.tv has for the account (user name, "
            "title, e-mail), or `id:` and its number (`id:1` is the owner). Capitals do not matter. "
            "**Empty: everyone on the server**, all into the one Trakt account, unless there are "
            "[`people`](#people).",
        ),
    ] = ()
    server_uuid: Annotated[
        str,
        About(
            "Server",
            "Only plays on the server with this `machineIdentifier` count. Empty: all do.",
            advanced=True,
        ),
    ] = ""


class ScrobbleOptions(View, frozen=True, kw_only=True):
    """When a play counts as watched, what is made good after a gap, and whether ratings are passed on."""

    watched_at_percent: Annotated[
        Mark,
        About(
            "Watched from, in percent",
            "From where an ended play counts as watched. A play that Plex itself has counted is watched "
            "at any position.",
        ),
    ] = 80.0
    credits_marker: Annotated[
        bool,
        About(
            "Final credits count as the end",
            "An item whose final credits Plex has marked counts as watched from where they begin, if "
            "that is before the mark, but never below 50 %.",
        ),
    ] = False
    catch_up: Annotated[
        bool,
        About(
            "Catch up after a gap",
            "Read the server's play history after each gap, and each hour, and make good what is "
            "missing. Also asks whether Plex has counted a play that ended before the mark.",
        ),
    ] = True
    catch_up_days: Annotated[
        Annotated[float, msgspec.Meta(ge=0, le=7)],
        About(
            "Days to catch up",
            "How many days back plays are made good. The first contact with a server makes nothing good: "
            "it only notes where to begin.",
            advanced=True,
        ),
    ] = 7.0
    ratings: Annotated[
        bool,
        About(
            "Pass ratings on",
            "Pass [ratings](webhooks.md#ratings) of films and episodes on to Trakt. They come by "
            "webhooks only.",
        ),
    ] = False


class ScrobbleSettings(SwitchSettings, frozen=True, kw_only=True):
    """Telling sinks what is watched."""

    enabled: Annotated[
        bool,
        About(
            "Tell what is watched",
            "Tell Trakt what is watched. While it is off, plays are listed with the reason `feature_off`, "
            "and nothing is told.",
        ),
    ] = False

    providers: ProviderSettings = ProviderSettings()
    filters: FilterSettings = FilterSettings()
    options: ScrobbleOptions = ScrobbleOptions()


class PersonSettings(LimitSettings, frozen=True, kw_only=True):
    """Somebody, by their accounts at Plex, and the Trakt accounts that their plays go to.

    Attributes:
        name: What to call them; it identifies nobody.
        plex_ids: Numbers at plex.tv; 1 is the owner of the server under `plex`.
        aliases: Names at Plex, for whom no number is known.
        accounts: `default`, and names of `accounts`; empty for somebody whose plays go nowhere.
        paused: Whether nothing of theirs counts for now.
        paused_until: Until when nothing of theirs counts; empty for no such moment.
        servers: `machineIdentifier`s of the only servers that count; empty for all.
        watched_at_percent: Their own mark; null as in `features.scrobble.options`.
    """

    name: Annotated[
        str,
        About(
            "Name",
            "What to call them. It identifies nobody, must not be empty, and may be used once.",
        ),
    ] = ""
    plex_ids: Annotated[
        tuple[PlexId, ...],
        About(
            "Numbers at plex.tv",
            "Their account's number at plex.tv; 1 is the owner of the first server. A number decides "
            "before any name.",
        ),
    ] = ()
    aliases: Annotated[
        tuple[str, ...],
        About(
            "Names at Plex",
            "Names at Plex. They count only where a number is missing. One of the two lists must say "
            "something.",
        ),
    ] = ()
    accounts: Annotated[
        tuple[str, ...],
        About(
            "Trakt accounts",
            "Where their plays go: `default` for `auth.trakt`, or names under `accounts`. Empty: nowhere.",
        ),
    ] = ()
    paused: Annotated[
        bool,
        About(
            "Paused",
            "Nothing of theirs counts for now.",
        ),
    ] = False
    paused_until: Annotated[
        str,
        About(
            "Paused until",
            "Nothing of theirs counts until then; afterwards it does again by itself. A moment with its "
            "offset, such as `2026-05-12T04:00:00+02:00`; empty for none.",
        ),
    ] = ""
    servers: Annotated[
        tuple[str, ...],
        About(
            "Servers",
            "The `machineIdentifier`s of the only servers that count for them.",
        ),
    ] = ()
    watched_at_percent: Annotated[
        Mark | None,
        About(
            "Watched from, in percent",
            "Their own watched mark; null: the one of `features.scrobble.options`.",
        ),
    ] = None

    def __post_init__(self) -> None:
        self._tidy("name", "paused_until")

    @property
    def end_of_pause(self) -> datetime | None:
        """The moment that `paused_until` says, aware; None if it is empty.

        Raises:
            ValueError: If it says none, or one without an offset.
        """
        if not self.paused_until:
            return None
        moment = datetime.fromisoformat(self.paused_until)
        if moment.tzinfo is None or not FIRST_YEAR <= moment.year <= LAST_YEAR:
            raise ValueError(say("it has no offset, or no zone can tell it"))
        return moment

    def is_paused_at(self, moment: datetime) -> bool:
        """Whether nothing of theirs counts at that moment."""
        return self.paused or (self.end_of_pause is not None and moment < self.end_of_pause)


IgnoredPeople = Annotated[
    tuple[str, ...],
    About(
        "People not to be asked about",
        "Who is not shown as new again, whatever they play: any name of theirs at Plex, or `id:` and the "
        "number. It is no filter: whose plays count is said elsewhere.",
    ),
]


class WebSettings(View, frozen=True, kw_only=True):
    """How the web pages may be reached.

    Attributes:
        allowed_hosts: Further host names beside addresses and local names.
        base_path: The path below which a proxy shows the pages; empty for none.
        trusted_proxies: Networks of the proxies whose word about visitors is believed.
    """

    allowed_hosts: Annotated[
        tuple[str, ...],
        About(
            "Host names",
            "Host names, besides addresses and local names (`nas`, `nas.local`, `nas.lan`, "
            "`nas.home.arpa`), under which the pages may be reached where nobody has to sign in.",
            advanced=True,
        ),
    ] = ()
    base_path: Annotated[
        str,
        About(
            "Path behind a proxy",
            "The path below which a proxy shows the pages, such as `/crosswatch`; empty for none. The "
            "proxy may take it away or leave it.",
        ),
    ] = ""
    trusted_proxies: Annotated[
        tuple[str, ...],
        About(
            "Trusted proxies",
            "Addresses and networks (`172.18.0.2`, `172.16.0.0/12`, `fd00::/8`) of the proxies whose "
            "headers about visitors (`X-Forwarded-For`, `-Proto`, `-Host`, `-Prefix`, `X-Ingress-Path`) "
            "are believed.",
        ),
    ] = ()


class AccessSettings(View, frozen=True, kw_only=True):
    """Who may come in without a password or a key.

    Attributes:
        open_networks: Networks in which nobody needs to sign in.
        external: Whether trusted proxies sign people in.
        external_header: The header in which they name them.
    """

    open_networks: Annotated[
        tuple[str, ...],
        About(
            "Open networks",
            "Addresses and networks in which nobody needs to sign in: whoever is there may do everything.",
        ),
    ] = ()
    external: Annotated[
        bool,
        About(
            "A proxy signs people in",
            "A proxy in front signs people in. Needs `web.trusted_proxies`.",
        ),
    ] = False
    external_header: Annotated[
        str,
        About(
            "Header with the name",
            "The header in which it names them.",
            advanced=True,
        ),
    ] = "Remote-User"

    def __post_init__(self) -> None:
        self._tidy("external_header")


class RuntimeSettings(View, frozen=True, kw_only=True):
    """Switches that act at once."""

    debug: Annotated[
        bool,
        About(
            "Write DEBUG lines",
            "Write DEBUG lines into the log.",
        ),
    ] = False
