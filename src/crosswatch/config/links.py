"""People of `config.json`: whether what is written about them can be meant, and the rules that follow.

An entry that could mean nobody, or an account that is not there, is a mistake that would cost plays without a
word. So it is refused, and the key is named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswatch.core.filters import Limits, fold
from crosswatch.core.ids import SOURCES, named_ids
from crosswatch.core.people import Home, Person, Rules, is_number
from crosswatch.core.phrases import say
from crosswatch.core.plays import SinkAccount
from crosswatch.errors import ConfigError

if TYPE_CHECKING:
    from crosswatch.config.model import LimitSettings, PersonSettings, Settings

DEFAULT_ACCOUNT = SinkAccount()


def check_links(settings: Settings) -> None:
    """Check what is written about people and accounts.

    Raises:
        ConfigError: If somebody is listed twice, can never be recognised, or is linked to an account that is
            not there. Names the key.
    """
    if DEFAULT_ACCOUNT.name in settings.accounts:
        key = f"accounts.{DEFAULT_ACCOUNT.name}"
        raise ConfigError(say("{key} cannot be: that account's tokens are in auth.trakt.", key=key), key=key)
    _require_limits("features.scrobble.filters", settings.features.scrobble.filters)
    _require_texts("people_ignored", settings.people_ignored)
    known = (DEFAULT_ACCOUNT.name, *settings.accounts)
    names: dict[str, str] = {}
    for index, person in enumerate(settings.people):
        key = f"people[{index}]"
        _require_person(key, person)
        _require_accounts(f"{key}.accounts", person.accounts, known)
        earlier = names.setdefault(fold(person.name), key)
        if earlier != key:
            raise ConfigError(
                say(
                    "{key}.name is that of {earlier} already: {name}.",
                    key=key,
                    earlier=earlier,
                    name=person.name,
                ),
                key=f"{key}.name",
            )


def rules_from(settings: Settings, home: Home) -> Rules:
    """Whose plays count, as the configuration says.

    Args:
        settings: The configuration in force.
        home: What is known of the server under `plex`; its owner is number 1.
    """
    scrobble = settings.features.scrobble
    return Rules(
        is_on=scrobble.enabled and scrobble.providers.trakt.enabled,
        usernames=tuple(name for name in scrobble.filters.username_whitelist if name.strip()),
        server_uuid=scrobble.filters.server_uuid.strip(),
        limits=_limits_from(scrobble.filters),
        people=tuple(map(_person_from, settings.people)),
        ignored=settings.people_ignored,
        accounts=(DEFAULT_ACCOUNT,),
        home=home,
        watched_at_percent=scrobble.options.watched_at_percent,
        with_credits=scrobble.options.credits_marker,
    )


def told_accounts(settings: Settings) -> tuple[SinkAccount, ...]:
    """The accounts to which plays may go: those that are linked to somebody, or the default one."""
    if not settings.people:
        return (DEFAULT_ACCOUNT,)
    names = dict.fromkeys(name for person in settings.people for name in person.accounts)
    return tuple(SinkAccount(name=name) for name in names)


def name_of_title(entry: str) -> str | None:
    """An entry as `core.filters.title_names` has it, folded; None if it is an id that cannot be."""
    source, _, value = fold(entry).partition(":")
    if source not in SOURCES:
        return fold(entry)
    return next((f"{name}:{number}" for name, number in named_ids(source, value).as_dict().items()), None)


def _require_person(key: str, person: PersonSettings) -> None:
    if not person.name:
        raise ConfigError(
            say("{key}.name must not be empty: it is what the person is called.", key=key), key=f"{key}.name"
        )
    for place, alias in enumerate(person.aliases):
        if is_number(fold(alias)):
            where = f"{key}.aliases[{place}]"
            raise ConfigError(
                say("{where} is a number; put it into {key}.plex_ids, without `id:`.", where=where, key=key),
                key=where,
            )
    _require_texts(f"{key}.aliases", person.aliases)
    _require_texts(f"{key}.servers", person.servers)
    _require_limits(key, person)
    _require_moment(f"{key}.paused_until", person)
    if not person.plex_ids and not person.aliases:
        raise ConfigError(
            say(
                "{key} could never be recognised: give {key}.plex_ids (1 is the owner of the server "
                "under `plex`) or {key}.aliases (names at Plex).",
                key=key,
            ),
            key=f"{key}.plex_ids",
        )


def _require_accounts(key: str, names: tuple[str, ...], known: tuple[str, ...]) -> None:
    for place, name in enumerate(names):
        if name not in known:
            raise ConfigError(
                say(
                    "{key} must be one of {known}, not {name}. `crosswatch login trakt --account NAME` adds "
                    "an account.",
                    key=f"{key}[{place}]",
                    known=", ".join(known),
                    name=repr(name[:60]),
                ),
                key=f"{key}[{place}]",
            )


def _require_limits(key: str, limits: LimitSettings) -> None:
    _require_texts(f"{key}.libraries", limits.libraries)
    _require_texts(f"{key}.players", limits.players)
    _require_texts(f"{key}.ignored_libraries", limits.ignored_libraries)
    _require_texts(f"{key}.ignored_titles", limits.ignored_titles)
    for place, title in enumerate(limits.ignored_titles):
        if name_of_title(title) is None:
            where = f"{key}.ignored_titles[{place}]"
            raise ConfigError(
                say(
                    "{where} must be a title, or an id such as imdb:tt0113277 or tvdb:81189, not {title}.",
                    where=where,
                    title=repr(title[:60]),
                ),
                key=where,
            )


def _require_moment(key: str, person: PersonSettings) -> None:
    try:
        _ = person.end_of_pause
    except ValueError:
        raise ConfigError(
            say(
                "{key} must be a moment with its offset, such as 2026-05-12T04:00:00+02:00, or "
                "empty, not {paused_until}.",
                key=key,
                paused_until=repr(person.paused_until[:60]),
            ),
            key=key,
        ) from None


def _require_texts(key: str, texts: tuple[str, ...]) -> None:
    for place, text in enumerate(texts):
        if not text.strip():
            where = f"{key}[{place}]"
            raise ConfigError(say("{key} must not be empty.", key=where), key=where)


def _person_from(settings: PersonSettings) -> Person:
    return Person(
        name=settings.name,
        plex_ids=frozenset(settings.plex_ids),
        aliases=_folded(settings.aliases),
        accounts=tuple(SinkAccount(name=name) for name in dict.fromkeys(settings.accounts)),
        is_paused=settings.paused,
        paused_until=settings.end_of_pause,
        servers=_folded(settings.servers),
        limits=_limits_from(settings),
        watched_at_percent=settings.watched_at_percent,
    )


def _limits_from(settings: LimitSettings) -> Limits:
    return Limits(
        libraries=_folded(settings.libraries),
        ignored_libraries=_folded(settings.ignored_libraries),
        ignored_titles=frozenset(filter(None, map(name_of_title, settings.ignored_titles))),
        kinds=frozenset(settings.kinds),
        players=_folded(settings.players),
        networks=frozenset(settings.networks),
    )


def _folded(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(fold, names))
