"""How names compare, and which plays lists let pass."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosswatch.core.events import Account, Media, MediaKind, Player, Show
from crosswatch.core.filters import (
    IS_IGNORED,
    NO_LIMITS,
    NOT_SAID,
    Limits,
    Stopped,
    fold,
    is_same_person,
    title_names,
)
from crosswatch.core.ids import Ids
from crosswatch.core.reasons import Reason

NOBODY = Account()
FILM = Media(kind=MediaKind.MOVIE, title="Arrival", library_id="3", library="Filme ")
HEAT = Media(kind=MediaKind.MOVIE, title="Heat", year=1995, ids=Ids(imdb="tt0113277", tmdb=949))
PEPPA = Media(
    kind=MediaKind.EPISODE,
    title="Heat",
    year=2005,
    ids=Ids(tvdb=1),
    show=Show(title="Peppa Pig", year=2004, ids=Ids(tvdb=81189)),
    library_id="4",
    library="Kids",
)
TV = Player(client_id="tv-1", title="Wohnzimmer", product="Plex for LG", network="lan")


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        pytest.param(Account(id=1, name="a"), Account(id=1, name="b"), True, id="one number"),
        pytest.param(Account(id=1, name="a"), Account(id=2, name="a"), False, id="namesakes"),
        pytest.param(Account(name="Ann"), Account(id=2, name="ann"), True, id="one has no number"),
        pytest.param(Account(name="Ann"), Account(name="ann"), True, id="none has a number"),
        pytest.param(Account(name="Ann"), Account(id=2), False, id="one has no name"),
        pytest.param(NOBODY, NOBODY, False, id="nobody is not nobody"),
    ],
)
def test_who_is_the_same_person(one, other, is_same):
    assert is_same_person(one, other) is is_same
    assert is_same_person(other, one) is is_same


@given(st.text(max_size=12), st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
def test_a_name_is_the_same_however_its_letters_are_put_together(name, form):
    assert fold(unicodedata.normalize(form, name)) == fold(name)


# ---------------------------------------------------------------- lists


def limits(**lists):
    return Limits(**{name: frozenset(map(fold, values)) for name, values in lists.items()})


@pytest.mark.parametrize(
    "allowed",
    [
        pytest.param(NO_LIMITS, id="no list"),
        pytest.param(limits(libraries=["FILME", "Serien"]), id="library by title"),
        pytest.param(limits(libraries=["id:3"]), id="library by number"),
        pytest.param(limits(ignored_libraries=["Serien", "id:4"]), id="other libraries ignored"),
        pytest.param(limits(ignored_titles=["Heat", "Arrival (1996)", "tvdb:7"]), id="other titles ignored"),
        pytest.param(limits(kinds=["movie"]), id="kind"),
        pytest.param(limits(players=["wohnzimmer"]), id="player by title"),
        pytest.param(limits(players=["plex for lg"]), id="player by product"),
        pytest.param(limits(players=["id:TV-1"]), id="player by identifier"),
        pytest.param(limits(networks=["wan", "lan"]), id="network"),
        pytest.param(
            limits(libraries=["filme"], kinds=["movie"], players=["id:tv-1"], networks=["lan"]),
            id="all lists",
        ),
    ],
)
def test_what_each_list_names_passes(allowed):
    assert allowed.refusal(FILM, TV) is None


@pytest.mark.parametrize(
    ("allowed", "reason", "detail"),
    [
        pytest.param(limits(libraries=["Serien", "id:2"]), Reason.LIBRARY_OFF, "", id="another library"),
        pytest.param(limits(ignored_libraries=["FILME"]), Reason.LIBRARY_OFF, IS_IGNORED, id="ignored"),
        pytest.param(
            limits(libraries=["filme"], ignored_libraries=["id:3"]),
            Reason.LIBRARY_OFF,
            IS_IGNORED,
            id="listed and ignored",
        ),
        pytest.param(limits(ignored_titles=["ARRIVAL "]), Reason.TITLE_OFF, "Arrival", id="ignored title"),
        pytest.param(
            limits(ignored_titles=["arrival"], ignored_libraries=["filme"], players=["Küche"]),
            Reason.LIBRARY_OFF,
            IS_IGNORED,
            id="the library comes before the title, and that before the player",
        ),
        pytest.param(
            limits(ignored_titles=["arrival"], players=["Küche"]), Reason.TITLE_OFF, "Arrival", id="both"
        ),
        pytest.param(limits(kinds=["episode"]), Reason.KIND_OFF, "movie", id="another kind"),
        pytest.param(limits(players=["Küche"]), Reason.PLAYER_OFF, "Wohnzimmer", id="another player"),
        pytest.param(limits(networks=["wan"]), Reason.NETWORK_OFF, "lan", id="another network"),
        pytest.param(
            limits(libraries=["filme"], networks=["wan"]), Reason.NETWORK_OFF, "lan", id="one list of two"
        ),
    ],
)
def test_what_a_list_does_not_name_is_refused_and_said(allowed, reason, detail):
    assert allowed.refusal(FILM, TV) == Stopped(reason=reason, detail=detail)


@pytest.mark.parametrize(
    ("allowed", "reason", "detail"),
    [
        pytest.param(limits(libraries=["filme"]), Reason.LIBRARY_OFF, NOT_SAID, id="library"),
        pytest.param(limits(players=["wohnzimmer"]), Reason.PLAYER_OFF, "unknown", id="player"),
        pytest.param(limits(networks=["lan"]), Reason.NETWORK_OFF, "unknown", id="network"),
    ],
)
def test_what_plex_did_not_say_is_on_no_list(allowed, reason, detail):
    bare = Media(kind=MediaKind.MOVIE, title="Arrival", library="Filme")
    assert limits(ignored_libraries=["filme"]).refusal(bare, Player()) is None
    assert allowed.refusal(bare, Player()) == Stopped(reason=reason, detail=detail)


@pytest.mark.parametrize(
    ("media", "entry", "is_ignored"),
    [
        pytest.param(HEAT, "heat", True, id="a film by its title"),
        pytest.param(HEAT, "HEAT (1995)", True, id="a film with its year"),
        pytest.param(HEAT, "Heat (1986)", False, id="another film of that title"),
        pytest.param(HEAT, "imdb:tt0113277", True, id="a film by its id"),
        pytest.param(HEAT, "tmdb:949", True, id="a film by another id"),
        pytest.param(HEAT, "tvdb:949", False, id="the number at somebody else's"),
        pytest.param(PEPPA, "peppa pig", True, id="an episode by its show"),
        pytest.param(PEPPA, "Peppa Pig (2004)", True, id="by its show and that one's year"),
        pytest.param(PEPPA, "Peppa Pig (2005)", False, id="not by the year in which it aired"),
        pytest.param(PEPPA, "tvdb:81189", True, id="by an id of its show"),
        pytest.param(PEPPA, "tvdb:1", False, id="not by its own id"),
        pytest.param(PEPPA, "Heat", False, id="not by its own title"),
        pytest.param(
            Media(kind=MediaKind.EPISODE, title="Heat"), "Heat", False, id="not if its show is not known"
        ),
        pytest.param(Media(kind=MediaKind.MOVIE, title=" "), "", False, id="nameless"),
    ],
)
def test_a_title_is_ignored_by_what_it_or_its_show_is_called(media, entry, is_ignored):
    refusal = limits(ignored_titles=[entry]).refusal(media, TV)
    assert (refusal is not None and refusal.reason is Reason.TITLE_OFF) is is_ignored


@pytest.mark.parametrize(
    ("title", "year", "names"),
    [
        pytest.param("Heat", 1995, ("Heat (1995)", "Heat"), id="a year"),
        pytest.param("Heat", None, ("Heat",), id="no year"),
        pytest.param("Doctor Who (2005)", 2005, ("Doctor Who (2005)",), id="the year is in the title"),
        pytest.param("", 1995, (), id="no title"),
    ],
)
def test_the_best_name_of_a_title_comes_first(title, year, names):
    assert title_names(Media(kind=MediaKind.MOVIE, title=title, year=year)) == names


def test_whoever_calls_a_player_by_another_ones_identifier_does_not_pass_for_it():
    assert limits(players=["id:tv-1"]).refusal(FILM, Player(title="id:tv-1")) is not None
    named = Media(kind=MediaKind.MOVIE, title="x", library_id="9", library="id:3")
    assert limits(libraries=["id:3"]).refusal(named, TV) is not None
