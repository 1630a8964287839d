"""How names compare, and which plays lists let pass."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosswatch.core.events import Account, Media, MediaKind, Player
from crosswatch.core.filters import NO_LIMITS, NOT_SAID, Limits, Stopped, fold, is_same_person
from crosswatch.core.reasons import Reason

NOBODY = Account()
FILM = Media(kind=MediaKind.MOVIE, title="Arrival", library_id="3", library="Filme ")
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
    assert allowed.refusal(bare, Player()) == Stopped(reason=reason, detail=detail)


def test_whoever_calls_a_player_by_another_ones_identifier_does_not_pass_for_it():
    assert limits(players=["id:tv-1"]).refusal(FILM, Player(title="id:tv-1")) is not None
    named = Media(kind=MediaKind.MOVIE, title="x", library_id="9", library="id:3")
    assert limits(libraries=["id:3"]).refusal(named, TV) is not None
