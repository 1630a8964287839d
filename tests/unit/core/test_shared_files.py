"""One file, two episodes: what is told of each, whatever the player does with the file."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crosswatch.core.events import Account, Media, MediaKind, PlayId, SharedFile, Show
from crosswatch.core.ids import Ids
from crosswatch.core.judging import judge
from crosswatch.core.people import Rules
from crosswatch.core.plays import DesiredAction, PlayState, SinkAccount
from crosswatch.core.reasons import Reason, Verdict
from crosswatch.core.shared_files import SharedFiles, episode_at, renewed, whole_of
from fakes.viewing import START, Stage

SHARE_S = 1320
"""Two episodes of 22 minutes."""


def an_episode(number):
    return Media(
        kind=MediaKind.EPISODE,
        title=f"Fun Run ({number})",
        ids=Ids(tvdb=9900400 + number),
        show=Show(title="The Office", year=2005, ids=Ids(tvdb=73244)),
        season=4,
        number=number,
        duration_ms=SHARE_S * 1000,
        rating_key=str(40100 + number),
    )


def whole(count=2, played=1):
    episodes = tuple(an_episode(number) for number in range(1, count + 1))
    shared = SharedFile(episodes=episodes, played_key=str(40100 + played))
    return replace(episodes[played - 1], duration_ms=count * SHARE_S * 1000, shared_file=shared)


class Screening(Stage):
    """A stage on which the file plays, with what comes out of the splitting."""

    def __init__(self, media=None, account=None):
        super().__init__()
        self.media = media or whole()
        self.files = SharedFiles(self._new_play_id)
        self.out = []
        self.account = account or Account(id=1, name="alice")

    def at(self, offset_s, state="playing"):
        """A frame at that place of the file, after what is new has been asked and told."""
        self.frame(state, offset_s, item=self.media.rating_key)
        self.answer(account=self.account, media=self.media)
        return self.flush()

    def plays(self, from_s, to_s, *, every_s=10):
        """The player plays from here to there."""
        self.at(from_s)
        offset_s = from_s
        while offset_s < to_s:
            step_s = min(every_s, to_s - offset_s)
            offset_s += step_s
            self.after(step_s).at(offset_s)
        return self

    def flush(self):
        self.out += self.files.split(self.updates)
        self.updates = []
        return self

    def restart(self):
        """The process ends and begins anew, with what the ledger holds."""
        rows = {update.play.id: update.play for update in self.out}
        left = [play for play in rows.values() if play.state is not PlayState.ENDED]
        again = Screening(self.media, self.account)
        again.now, again._count, again.out = self.now, self._count, list(self.out)
        again.tracker.connected()
        again.tracker.restore(again.files.restore(left))
        again.rows_before = left
        return again

    @property
    def story(self):
        """What was told, compactly: `start 1 at 0`."""
        told = [update.event for update in self.out if update.event is not None]
        return [f"{one.action.value} {one.media.number} at {one.progress:g}" for one in told]

    @property
    def watched(self):
        """Numbers of the episodes that a sink would be told to hold, in order."""
        return [
            update.event.media.number
            for update in self.out
            if update.event is not None and is_watched(update)
        ]

    @property
    def last_rows(self):
        return list({update.play.id: update.play for update in self.out}.values())


def is_watched(update):
    rules = Rules(is_on=True, accounts=(SinkAccount(),))
    wanted = judge(rules, update.play, update.event).wanted
    return any(desired.action is DesiredAction.WATCHED for _, desired in wanted)


# ---------------------------------------------------------------- an evening


def test_each_episode_has_its_own_start_and_its_own_stop():
    screen = Screening().plays(1, 2630).after(5).at(2635, "stopped")
    assert screen.story[:2] == ["start 1 at 0.08", "stop 1 at 100"]
    assert screen.story[2:] == ["start 2 at 0.08", "stop 2 at 99.62"]
    assert screen.watched == [1, 2]
    first, second = screen.last_rows
    assert (first.media.rating_key, second.media.rating_key) == ("40101", "40102")
    assert first.id != second.id
    assert first.ended_at == second.started_at == START + timedelta(seconds=SHARE_S - 1)
    assert {play.media.duration_ms for play in screen.last_rows} == {SHARE_S * 1000}


@pytest.mark.parametrize(
    ("stop_s", "watched", "story"),
    [
        pytest.param(1056, [1], "stop 1 at 80", id="40 % of the file"),
        pytest.param(1000, [], "stop 1 at 75.76", id="a little less"),
        pytest.param(1325, [1], "stop 2 at 0.38", id="hardly into the second"),
        pytest.param(2000, [1], "stop 2 at 51.52", id="in the middle of the second"),
        pytest.param(2376, [1, 2], "stop 2 at 80", id="90 % of the file"),
    ],
)
def test_what_is_watched_follows_from_where_the_player_stops(stop_s, watched, story):
    screen = Screening().plays(1, stop_s - 1).after(1).at(stop_s, "stopped")
    assert (screen.watched, screen.story[-1]) == (watched, story)


def test_an_episode_that_was_only_touched_leaves_no_viewing():
    screen = Screening().plays(1, 1318).after(7).at(1325, "stopped")
    assert (screen.story[-1], screen.watched, len(screen.last_rows)) == ("stop 1 at 100", [1], 1)


def test_the_server_may_take_the_second_one_to_be_played():
    screen = Screening(whole(played=2)).plays(1, 2630).after(5).at(2635, "stopped")
    assert screen.watched == [1, 2]


def test_a_file_of_three():
    screen = Screening(whole(3)).plays(1, 3955).after(5).at(3960, "stopped")
    assert screen.watched == [1, 2, 3]
    assert len({play.id for play in screen.last_rows}) == 3


def test_a_gap_in_which_whole_episodes_went_by_counts_them():
    """Nobody listened for half an hour, and the player is where it would be by playing."""
    screen = Screening(whole(3)).plays(1, 1300).after(1400).at(2700)
    assert screen.watched == [1, 2]
    assert screen.story[-1].startswith("start 3")
    second = next(play for play in screen.last_rows if play.media.number == 2)
    assert second.ended_at == START + timedelta(seconds=2 * SHARE_S - 1)


def test_a_jump_into_the_second_leaves_the_first_where_it_was():
    screen = Screening().plays(1, 300).after(1).at(2000)
    assert screen.story[1:] == ["stop 1 at 22.73", "start 2 at 51.52"]
    assert screen.plays(2000, 2630).after(5).at(2635, "stopped").watched == [2]


def test_whoever_resumes_in_the_second_has_not_begun_the_first():
    screen = Screening().plays(1500, 2630).after(5).at(2635, "stopped")
    assert screen.story == ["start 2 at 13.64", "stop 2 at 99.62"]


def test_a_resumed_file_that_says_zero_first_is_not_begun_at_zero():
    screen = Screening()
    screen.frame("playing", 0, item="40101").answer(media=screen.media, offset_s=1500).flush()
    screen.after(1).at(1501)
    assert [one.split()[:2] for one in screen.story] == [["start", "2"]]


def test_winding_back_into_a_done_episode_does_not_begin_it_again():
    screen = Screening().plays(1, 1500).after(1).at(1200).plays(1200, 2630).after(5).at(2635, "stopped")
    assert screen.watched == [1, 2]
    assert len(screen.last_rows) == 2


def test_winding_back_into_one_that_was_left_begins_it_anew():
    screen = Screening().plays(1, 200).after(1).at(1500).after(60).at(100).plays(100, 2630)
    screen.after(5).at(2635, "stopped")
    assert screen.watched == [1, 2]
    assert len({play.id for play in screen.last_rows}) == 4


def test_a_pause_is_told_of_the_episode_that_is_paused():
    screen = Screening().plays(1, 1980).after(1).at(1981, "paused")
    assert screen.story[-1] == "pause 2 at 50.08"
    assert screen.last_rows[-1].state is PlayState.PAUSED


def test_a_file_that_is_paused_right_behind_the_first_is_told_as_paused():
    screen = Screening().plays(1, 1300).after(60).at(1360, "paused")
    assert screen.story[-2:] == ["stop 1 at 100", "pause 2 at 3.03"]


def test_whoever_jumps_to_the_very_end_has_watched_nothing():
    screen = Screening().plays(1, 15).after(5).at(2639.5, "stopped")
    stop = screen.out[-1]
    assert (stop.event.why, screen.watched) == ("skipped", [])


def test_a_session_that_was_bound_after_its_end_is_told_by_episode():
    screen = Screening()
    for second in range(1, 2631, 10):
        screen.frame("playing", second, item="40101").after(10)
    screen.frame("stopped", 2635, item="40101").answer(media=screen.media).flush()
    assert screen.watched == [1, 2]
    assert [one.split()[0] for one in screen.story] == ["start", "stop", "start", "stop"]


def test_rows_of_somebody_whom_nobody_has_named_end_as_well():
    screen = Screening(account=Account()).plays(1, 1400)
    assert screen.story == []
    assert [(play.media.number, play.state) for play in screen.last_rows] == [
        (1, PlayState.ENDED),
        (2, PlayState.PLAYING),
    ]


def test_other_items_pass_as_they_are():
    stage = Screening()
    stage.frame("playing", 5).answer()
    updates = list(stage.updates)
    assert updates
    assert stage.files.split(updates) == updates


# ---------------------------------------------------------------- what the server counts


def test_a_count_is_of_the_item_that_the_server_takes_to_be_played():
    screen = Screening().plays(1, 2000)
    session = screen.tracker.sessions[0]
    session.counted_at = screen.now
    screen.after(1).at(2001, "stopped")
    assert [update.event.is_counted for update in screen.out if update.event][-1] is False
    other = Screening(whole(played=2)).plays(1, 2000)
    other.tracker.sessions[0].counted_at = other.now
    other.after(1).at(2001, "stopped")
    assert (other.watched, other.last_rows[-1].counted_at) == ([1, 2], other.now - timedelta(seconds=1))


@pytest.mark.parametrize(("played", "number"), [(1, 1), (2, 2)])
def test_a_late_count_finds_the_viewing_of_that_item(played, number):
    screen = Screening(whole(played=played)).plays(1, 2000).after(1).at(2001, "stopped")
    update = replace(screen.out[-1], play=screen.tracker.ended[0].as_play(), event=None)
    late = replace(update, play=replace(update.play, counted_at=screen.now), is_counted_late=True, hooks=(5,))
    (found,) = screen.files.split([late])
    assert (found.play.media.number, found.is_counted_late, found.hooks) == (number, True, (5,))
    assert found.play.id == next(play.id for play in screen.last_rows if play.media.number == number)


def test_a_late_count_of_an_episode_that_was_not_seen_changes_nothing():
    screen = Screening().plays(1500, 2000).after(1).at(2001, "stopped")
    whole_row = screen.tracker.ended[0].as_play()
    late = replace(screen.out[-1], play=replace(whole_row, counted_at=screen.now), event=None)
    (found,) = screen.files.split([replace(late, is_counted_late=True, hooks=(5,))])
    assert (found.play.media.number, found.play.counted_at, found.is_counted_late) == (2, None, False)
    assert found.hooks == (5,)


def test_a_jump_into_a_done_episode_ends_the_other_where_it_was_left():
    screen = Screening().plays(1320, 2630).after(61).at(1).plays(1, 300).after(61).at(2000)
    screen.plays(2000, 2630).after(5).at(2635, "stopped")
    assert screen.watched == [2]
    ended = {play.media.number: play.progress for play in screen.last_rows}
    assert ended == {1: pytest.approx(300 / 13.2, abs=1), 2: pytest.approx(100, abs=2)}


# ---------------------------------------------------------------- after a restart


@pytest.mark.parametrize("cut_s", [100, 1000, 1319, 1325, 2000, 2600])
@pytest.mark.parametrize("gap_s", [5, 600])
def test_a_restart_in_the_middle_neither_loses_nor_doubles_an_episode(cut_s, gap_s):
    screen = Screening().plays(1, cut_s).restart().after(gap_s)
    resumed_s = min(2630, cut_s + gap_s)
    screen.plays(resumed_s, 2630).after(5).at(2635, "stopped")
    assert screen.watched == [1, 2]
    assert len({play.id for play in screen.last_rows}) == 2


def test_winding_back_after_a_restart_does_not_begin_a_done_episode_again():
    screen = Screening().plays(1, 1500).restart()
    screen.after(5).at(1505).after(1).at(1200).plays(1200, 2630).after(5).at(2635, "stopped")
    assert screen.watched == [1, 2]


def test_a_pipeline_that_is_started_again_takes_no_episode_up_twice():
    screen = Screening().plays(1, 1500)
    left = [play for play in screen.last_rows if play.state is not PlayState.ENDED]
    assert screen.files.restore(left) == []


def test_a_row_of_an_episode_leads_back_to_the_whole_file():
    media = episode_at(whole(), 1, {0})
    assert (media.rating_key, media.shared_file.place, media.shared_file.done) == ("40102", 1, (0,))
    assert whole_of(media) == whole()


# ---------------------------------------------------------------- whatever the player does


@given(
    st.lists(
        st.tuples(st.sampled_from(["play", "jump", "pause"]), st.integers(1, 2639)), min_size=1, max_size=8
    )
)
@example([("jump", 2376), ("jump", 1), ("play", 2376)])
def test_no_episode_is_watched_twice_unless_it_was_left_before_its_end(moves):
    screen = Screening().at(1)
    offset_s = 1
    for move, to_s in moves:
        if move == "play" and to_s > offset_s:
            screen.plays(offset_s, to_s, every_s=30)
        elif move == "jump":
            screen.after(61).at(to_s)
        else:
            screen.after(5).at(offset_s, "paused").after(5).at(offset_s)
            continue
        offset_s = to_s
    screen.after(1).at(offset_s, "stopped")
    starts = [one for one in screen.story if one.startswith(("start", "pause"))]
    ended = [play for play in screen.last_rows if play.state is PlayState.ENDED]
    assert len(ended) == len(screen.last_rows)
    assert starts
    for number in (1, 2):
        assert screen.watched.count(number) <= 1


def test_a_verdict_of_each_episode_stands_by_itself():
    screen = Screening().plays(1, 2000).after(1).at(2001, "stopped")
    rules = Rules(is_on=True, accounts=(SinkAccount(),))
    verdicts = [judge(rules, one.play, one.event).play for one in screen.out if one.event is not None]
    assert (verdicts[1].verdict, verdicts[1].watched_at) == (Verdict.QUEUED, START + timedelta(seconds=1319))
    assert verdicts[-1].reason in (Reason.LIVE, Reason.BELOW_THRESHOLD)
    assert PlayId("play-1") == verdicts[0].id


# ---------------------------------------------------------------------------- read anew


def test_an_item_that_is_read_anew_stays_the_episode_of_the_file_that_it_was():
    known = episode_at(whole(), 1, done=[0])
    anew = whole()
    first, second = anew.shared_file.episodes
    mended = replace(second, ids=Ids(tvdb=7), duration_ms=5)
    anew = replace(anew, shared_file=replace(anew.shared_file, episodes=(first, mended)))
    assert renewed(known, anew) == replace(known, ids=Ids(tvdb=7))


@pytest.mark.parametrize(
    ("known", "anew", "expected"),
    [
        (episode_at(whole(), 1), an_episode(2), episode_at(whole(), 1)),
        (episode_at(whole(), 1), an_episode(1), episode_at(whole(), 1)),
        (an_episode(1), whole(), replace(an_episode(1), duration_ms=2 * SHARE_S * 1000)),
        (an_episode(1), an_episode(2), an_episode(2)),
    ],
    ids=[
        "a file of one episode by now",
        "the file has lost the episode",
        "a file of one episode then",
        "an ordinary file",
    ],
)
def test_what_was_seen_of_a_file_outlives_what_the_server_does_with_it(known, anew, expected):
    assert renewed(known, anew) == expected
