"""P3: whatever is configured, shown, missing or late, a play goes only to accounts of whom it belongs to."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hypothesis import event, given, settings
from hypothesis import strategies as st

from crosswatch.core.events import Account, Media, Percent, Player, ScrobbleAction, ScrobbleEvent
from crosswatch.core.filters import NO_LIMITS, Limits, fold
from crosswatch.core.judging import judge, judge_counted
from crosswatch.core.people import Home, Person, Rules
from crosswatch.core.plays import PlayState, SinkAccount
from crosswatch.core.reasons import Reason, Verdict
from crosswatch.providers.scrobble.plex.register import Listed, Register
from fakes.plays import FILM, make_play

DEN, ATTIC = "den", "attic"
NAMES = ("Bob", "tom", "TOM")
TITLES = (*NAMES, "id:1000001", "id:1000002")
"""What people call themselves; some would like to be taken for a number."""
MOVIES = replace(FILM, library="Movies", library_id=4)
SOFA = Player(client_id="tv-1", title="Sofa", product="Plex for LG", network="lan")
SINKS = tuple(SinkAccount(name=name) for name in ("default", "maya", "jon"))


@dataclass(frozen=True)
class Human:
    """Somebody as they really are: a number, a user name of their own, and a name that anybody may bear."""

    number: int
    username: str
    title: str

    @property
    def names(self):
        return {fold(self.username), fold(self.title)} - {""}


@dataclass(frozen=True)
class Scene:
    """Who watches where, what is known of it, and what the configuration says."""

    humans: tuple[Human, ...]
    viewer: Human
    server: str
    account: Account
    is_complete: bool
    rules: Rules
    media: Media
    player: Player


@st.composite
def households(draw):
    usernames = draw(st.permutations(("ann84", "bob", "tom")))
    return tuple(
        Human(1_000_001 + place, username if draw(st.booleans()) else "", draw(st.sampled_from(TITLES)))
        for place, username in enumerate(usernames)
    )


@st.composite
def scenes(draw, *, has_number=True):
    """A play by somebody; without `has_number` the server gives a name and no number."""
    humans = draw(households())
    owners = {DEN: humans[0], ATTIC: draw(st.sampled_from(humans[1::-1]))}
    viewer, server = draw(st.sampled_from(humans)), draw(st.sampled_from((ATTIC, DEN)))
    is_complete = draw(st.booleans())
    register = draw(registers(humans, owners[server], is_complete=is_complete))
    known = register.know(draw(shown(viewer, owners[server], has_number=has_number)))
    rules = Rules(
        is_on=True,
        usernames=draw(whitelists(humans)) if not draw(st.integers(0, 3)) else (),
        people=draw(people(humans)),
        accounts=(SINKS[0],),
        home=draw(homes(humans[0])),
        limits=draw(limits()),
        server_uuid=draw(st.sampled_from(("",) * 6 + (DEN, ATTIC))),
    )
    media = draw(st.sampled_from((MOVIES, replace(MOVIES, library="", library_id=None))))
    player = draw(st.sampled_from((SOFA, Player())))
    account = replace(known, has_all_names=is_complete)
    return Scene(humans, viewer, server, account, is_complete, rules, media, player)


@st.composite
def registers(draw, humans, owner, *, is_complete):
    """What a server and plex.tv have said so far: all of it, or any part."""
    register = Register()
    listed = [one for one in humans if is_complete or draw(st.booleans())]
    lines = [
        Listed(
            number=1 if one is owner else one.number,
            name=draw(st.sampled_from((one.title, one.username, ""))),
        )
        for one in listed
    ]
    register.put("server", lines)
    if is_complete or draw(st.booleans()):
        register.put_owner("owner", tell(owner))
        register.put("friends", [tell(one) for one in listed if one is not owner])
    return register


def tell(human):
    """Somebody as plex.tv tells of them."""
    own = frozenset({human.username}) - {""}
    return Listed(number=human.number, name=human.username or human.title, others={human.title}, own=own)


@st.composite
def shown(draw, viewer, owner, *, has_number):
    """The viewer as a session or webhook shows them: with or without a number, with or without a name."""
    local = 1 if viewer is owner else viewer.number
    if not has_number:
        return Account(name=viewer.title)
    number = draw(st.sampled_from((local, None, viewer.number)))
    return Account(id=number, name=draw(st.sampled_from((viewer.title, viewer.title, viewer.username, ""))))


def whitelists(humans):
    numbers = [f"id:{one.number}" for one in humans]
    return st.lists(st.sampled_from([*NAMES, "ann84", "id:1", *numbers]), min_size=1, max_size=3).map(tuple)


@st.composite
def people(draw, humans):
    numbers = st.just(frozenset()) | st.frozensets(
        st.sampled_from([1, *(one.number for one in humans)]), min_size=1, max_size=2
    )
    aliases = st.frozensets(st.sampled_from(["bob", "tom", "ann84"]), max_size=2)
    return tuple(
        Person(
            name=f"person {place}",
            plex_ids=draw(numbers),
            aliases=draw(aliases),
            accounts=(SINKS[place],) if draw(st.integers(0, 5)) else (),
            is_paused=not draw(st.integers(0, 5)),
            servers=draw(st.sampled_from((frozenset(), frozenset(), frozenset({DEN})))),
            limits=draw(limits()),
        )
        for place in range(draw(st.integers(0, len(SINKS))))
    )


def limits():
    """Lists of what counts, each of them empty, fitting or not; most often none at all."""

    def some(*names):
        return st.sampled_from((frozenset(), frozenset(), *(frozenset({name}) for name in names)))

    return (
        st.just(NO_LIMITS)
        | st.just(NO_LIMITS)
        | st.builds(
            Limits,
            kinds=some("movie", "episode"),
            libraries=some("movies", "id:4", "id:5"),
            players=some("sofa", "id:tv-1", "kitchen"),
            networks=some("lan", "cellular"),
        )
    )


def homes(owner):
    """What is known of the first server, whose owner is number 1; with two servers it is never just any."""
    return st.sampled_from(
        (
            Home(server=DEN, owner_plex_id=owner.number),
            Home(server=DEN),
            Home(server=""),
            Home(server="", owner_plex_id=owner.number),
        )
    )


# ---------------------------------------------------------------- what is true


def is_meant_by_number(scene, numbers):
    is_owner = scene.viewer is scene.humans[0]
    return scene.viewer.number in numbers or (is_owner and 1 in numbers)


def is_meant_by_name(scene, names):
    """Whether one of the names is the viewer's, and theirs alone as far as anybody can know."""
    for name in scene.viewer.names & names:
        others = [one for one in scene.humans if one is not scene.viewer and name in one.names]
        if not others or name == fold(scene.viewer.username) or not scene.is_complete:
            return True
    return False


def is_linked(scene, person):
    if person.plex_ids:  # whoever has a number is that number's bearer, whatever names say
        return is_meant_by_number(scene, person.plex_ids)
    return is_meant_by_name(scene, person.aliases)


def is_listed(scene):
    numbers = {int(one.removeprefix("id:")) for one in scene.rules.usernames if one.startswith("id:")}
    names = {fold(one) for one in scene.rules.usernames if not one.startswith("id:")}
    return is_meant_by_number(scene, numbers) or is_meant_by_name(scene, names)


def lets_pass(lists, scene):
    """Whether each list that has entries names what is known of item, player and network."""
    said = {
        "kinds": {"movie"},
        "libraries": {"movies", "id:4"} if scene.media is MOVIES else set(),
        "players": {"sofa", "plex for lg", "id:tv-1"} if scene.player is SOFA else set(),
        "networks": {"lan"} if scene.player is SOFA else set(),
    }
    return all(not getattr(lists, name) or getattr(lists, name) & known for name, known in said.items())


def unfiltered(scene):
    """The same without what holds for everybody, whoever it is."""
    return replace(scene, rules=replace(scene.rules, limits=NO_LIMITS, server_uuid=""))


def rightful(scene):
    """The accounts that a play of the viewer may go to."""
    rules = scene.rules
    if rules.usernames and not is_listed(scene):
        return set()
    if rules.server_uuid not in ("", scene.server) or not lets_pass(rules.limits, scene):
        return set()
    if not rules.people:
        return {SINKS[0]}
    linked = [
        one
        for one in rules.people
        if is_linked(scene, one)
        and not one.is_paused
        and scene.server in (one.servers or {scene.server})
        and lets_pass(one.limits, scene)
    ]
    return {account for person in linked for account in person.accounts}


def verdicts(scene):
    """What becomes of a play of the scene, at each moment of its life."""
    for state, action in ((PlayState.PLAYING, ScrobbleAction.START), (PlayState.ENDED, ScrobbleAction.STOP)):
        play = make_play(
            server=scene.server,
            account=scene.account,
            media=scene.media,
            player=scene.player,
            state=state,
            progress=Percent(95),
        )
        event_of = ScrobbleEvent(
            action=action,
            play_id=play.id,
            server=play.server,
            account=play.account,
            media=play.media,
            progress=play.progress,
            at=play.last_seen_at,
        )
        yield judge(scene.rules, play, event_of)
        yield judge_counted(scene.rules, play, play.last_seen_at)


@settings(max_examples=400, deadline=None)
@given(scenes() | scenes(has_number=False))
def test_no_play_ever_goes_to_an_account_that_is_not_linked_to_its_viewer(scene):
    for judged in verdicts(scene):
        told = {account for account, _ in judged.wanted}
        event("told" if told else str(judged.play.reason))
        assert told <= rightful(scene)


@settings(max_examples=120, deadline=None)
@given(scenes())
def test_what_keeps_plays_from_strangers_keeps_none_from_those_whom_it_is_for(scene):
    """Where the server gives a number, those are told who are linked to it, and whom all lists let pass.

    As long as nobody knows who the owner at home is, number 1 may be anybody elsewhere, and is nobody.
    """
    person = Person(name="they", plex_ids=frozenset({scene.viewer.number}), accounts=(SINKS[1],))
    by_number = [one for one in scene.rules.people if one.plex_ids and is_linked(scene, one)]
    told = replace(scene, rules=replace(scene.rules, usernames=(), people=(*by_number, person)))
    home = scene.rules.home
    is_owner_known = home.server == scene.server or home.owner_plex_id is not None
    if scene.account.id is not None and scene.account.plex_id is not None and is_owner_known:
        rights = rightful(told)
        event("due" if rights else "not due")
        assert all({account for account, _ in judged.wanted} == rights for judged in verdicts(told))


@settings(max_examples=80, deadline=None)
@given(scenes())
def test_whoever_is_unknown_goes_nowhere_and_least_of_all_to_the_owner(scene):
    nobody = replace(unfiltered(scene), account=Account(has_all_names=scene.is_complete))
    for judged in verdicts(nobody):
        assert judged.wanted == ()
        if judged.play.state is PlayState.ENDED:
            assert (judged.play.verdict, judged.play.reason) == (Verdict.SKIPPED, Reason.PERSON_UNKNOWN)


@settings(max_examples=80, deadline=None)
@given(scenes())
def test_a_number_that_was_given_is_enough(scene):
    """The way that is recommended works: a number that is written reaches its bearer, whatever names say."""
    if scene.account.id is None or scene.account.plex_id is None:
        return
    person = Person(name="they", plex_ids=frozenset({scene.viewer.number}), accounts=(SINKS[1],))
    rules = replace(unfiltered(scene).rules, usernames=(), people=(*scene.rules.people, person))
    told = replace(scene, rules=rules)
    assert all(SINKS[1] in dict(judged.wanted) for judged in verdicts(told))


@settings(max_examples=80, deadline=None)
@given(scenes())
def test_what_is_held_ends_as_skipped_and_is_never_lost_without_a_reason(scene):
    for judged in verdicts(scene):
        if not judged.wanted:
            is_over = judged.play.state is PlayState.ENDED
            assert judged.play.verdict is Verdict.SKIPPED or not is_over
            assert judged.play.reason is not Reason.LIVE
