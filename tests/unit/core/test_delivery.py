from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosswatch.core.delivery import (
    LATE_AFTER,
    LEAST_PROGRESS,
    STALE_AFTER,
    UNKNOWN_FOR,
    Step,
    dropped,
    first_delivery,
    is_claimable,
    leased,
    next_step,
    released,
    urgency,
    verdict_of,
    with_desired,
    with_outcome,
    woken,
)
from crosswatch.core.outcomes import Accepted, AlreadyThere, Hold, Refused, Retry
from crosswatch.core.plays import DeliveryState, DesiredAction, PlayState
from crosswatch.core.reasons import Reason, Verdict
from fakes.plays import JON, MAYA, NOW, at, make_delivery, make_play, want

START, PAUSE, STOP, WATCHED = DesiredAction
PENDING, SETTLED, DEAD = DeliveryState
LEASE = timedelta(seconds=60)
SECOND = timedelta(seconds=1)
LATER = at(5)


def attempt(delivery, outcome, *, now=LATER, retry_at=None, meanwhile=None):
    """Lease, perhaps hear of something newer, and settle."""
    attempted = leased(delivery, "one", NOW, LEASE)
    row = with_desired(attempted, meanwhile, NOW) if meanwhile else attempted
    return with_outcome(row, outcome, attempted=attempted, now=now, retry_at=retry_at or now + LEASE)


# ---------------------------------------------------------------- what is to be done


@pytest.mark.parametrize(
    ("desired", "unknown_for", "step"),
    [
        pytest.param(want(START, 0), None, Step.LIVE, id="a start just now"),
        pytest.param(
            want(PAUSE, -STALE_AFTER.total_seconds()), None, Step.LIVE, id="a pause about to be stale"
        ),
        pytest.param(want(STOP, -STALE_AFTER.total_seconds() - 1), None, Step.DROP, id="a stale stop"),
        pytest.param(want(STOP, 0, LEAST_PROGRESS), None, Step.LIVE, id="a stop that the sink takes"),
        pytest.param(want(STOP, 0, LEAST_PROGRESS - 0.01), None, Step.DROP, id="a stop of nothing"),
        pytest.param(want(START, 0, 0.0), None, Step.LIVE, id="a start at nothing"),
        pytest.param(
            want(WATCHED, -LATE_AFTER.total_seconds()), None, Step.LIVE, id="watched about to be late"
        ),
        pytest.param(want(WATCHED, -LATE_AFTER.total_seconds() - 1), None, Step.BACKFILL, id="watched, late"),
        pytest.param(want(WATCHED, -9e7), None, Step.BACKFILL, id="watched years ago"),
        pytest.param(want(WATCHED, 0), UNKNOWN_FOR, Step.LIVE, id="unknown, within the sink's window"),
        pytest.param(want(WATCHED, 0), UNKNOWN_FOR + SECOND, Step.BACKFILL, id="unknown for too long"),
    ],
)
def test_the_step_follows_from_state_and_age(desired, unknown_for, step):
    unknown_since = None if unknown_for is None else NOW - unknown_for
    assert next_step(make_delivery(desired, unknown_since=unknown_since), NOW) is step


def test_the_most_urgent_has_the_smallest_key():
    in_order = [
        want(WATCHED, -9),
        want(WATCHED, 0),
        want(STOP, -1),
        want(PAUSE, -2),
        want(START, -1),
        want(START, -2),
        want(WATCHED, -9e6),
        want(WATCHED, -9e5),
        want(STOP, -9e6),
        want(START, -9e5),
    ]
    keys = [urgency(make_delivery(desired), NOW) for desired in in_order]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)


# ---------------------------------------------------------------- what is desired


def test_the_first_delivery_is_due_at_once():
    row = first_delivery(make_play(3), JON, want(START, 0), LATER)
    assert (row.play_id, row.account, row.state, row.version) == (make_play(3).id, JON, PENDING, 1)
    assert (row.next_attempt_at, row.updated_at) == (LATER, LATER)
    assert is_claimable(row, LATER)


@pytest.mark.parametrize("state", DeliveryState)
@pytest.mark.parametrize(
    "newer", [want(START, 9), want(STOP, 9), want(WATCHED, 9, 99.0)], ids=lambda d: d.action
)
def test_nothing_follows_watched(state, newer):
    row = make_delivery(want(WATCHED, 0), state=state)
    assert with_desired(row, newer, LATER) is row


@pytest.mark.parametrize("state", DeliveryState)
def test_the_same_desire_changes_nothing(state):
    row = make_delivery(want(PAUSE, 0), state=state)
    assert with_desired(row, want(PAUSE, 0), LATER) is row


def test_a_changed_desire_is_due_at_once():
    row = make_delivery(want(START, 0), state=SETTLED, reason=Reason.POSITION_SAVED, detail="at 12 %")
    newer = with_desired(row, want(PAUSE, 5), LATER)
    assert (newer.state, newer.desired, newer.version) == (PENDING, want(PAUSE, 5), 2)
    assert (newer.next_attempt_at, newer.reason, newer.detail) == (LATER, Reason.LIVE, "")


@pytest.mark.parametrize(
    "outcome",
    [
        pytest.param(Retry(reason=Reason.RATE_LIMITED, detail="429"), id="asked to wait"),
        pytest.param(Hold(reason=Reason.LINK_EXPIRED, detail="401"), id="on hold at the first attempt"),
    ],
)
@pytest.mark.parametrize("newer", [want(PAUSE, 6), want(WATCHED, 6)], ids=lambda desired: desired.action)
def test_a_changed_desire_is_no_way_around_a_wait(outcome, newer):
    waiting = attempt(make_delivery(), outcome, retry_at=at(300))
    row = with_desired(waiting, newer, at(6))
    assert (row.desired, row.version, row.state) == (newer, 2, PENDING)
    assert (row.next_attempt_at, row.attempts) == (at(300), waiting.attempts)
    assert (row.reason, row.detail) == (outcome.reason, outcome.detail)


def test_a_changed_desire_leaves_a_lease_alone():
    row = leased(make_delivery(), "one", NOW, LEASE)
    newer = with_desired(row, want(PAUSE, 1), at(1))
    assert (newer.lease_owner, newer.lease_until, newer.fence) == ("one", NOW + LEASE, 1)
    assert not is_claimable(newer, at(1))


def test_only_watched_brings_a_refused_play_back():
    row = make_delivery(want(START), state=DEAD, attempts=3, reason=Reason.NO_MATCH)
    still_dead = with_desired(row, want(PAUSE, 5), LATER)
    assert (still_dead.state, still_dead.desired, still_dead.version) == (DEAD, want(PAUSE, 5), 2)
    back = with_desired(still_dead, want(WATCHED, 6), LATER)
    assert (back.state, back.attempts, back.next_attempt_at, back.version) == (PENDING, 0, LATER, 3)


# ---------------------------------------------------------------- leases


def test_a_lease_is_numbered_and_ends_by_itself():
    row = leased(make_delivery(fence=4), "one", NOW, LEASE)
    assert (row.lease_owner, row.lease_until, row.fence) == ("one", NOW + LEASE, 5)
    assert not is_claimable(row, NOW + LEASE - SECOND)
    assert is_claimable(row, NOW + LEASE)


@pytest.mark.parametrize("action", DesiredAction)
def test_only_sending_watched_is_noted(action):
    row = leased(make_delivery(want(action)), "one", NOW, LEASE)
    assert row.sending_since == (NOW if action is WATCHED else None)


def test_what_an_abandoned_lease_was_sending_is_unknown():
    row = leased(make_delivery(want(WATCHED)), "one", NOW, LEASE)
    free = released(row, LATER)
    assert (free.lease_owner, free.lease_until, free.fence) == ("", None, 1)
    assert (free.sending_since, free.unknown_since) == (None, NOW)
    taken_over = leased(row, "two", at(61), LEASE)
    assert (taken_over.unknown_since, taken_over.sending_since) == (NOW, at(61))


def test_the_first_unknown_moment_is_kept():
    row = leased(leased(make_delivery(want(WATCHED)), "one", NOW, LEASE), "two", at(61), LEASE)
    assert released(row, at(200)).unknown_since == NOW


@pytest.mark.parametrize("state", [SETTLED, DEAD])
def test_what_does_not_wait_is_not_claimable(state):
    assert not is_claimable(make_delivery(state=state), LATER)


def test_what_is_put_off_is_not_claimable():
    row = make_delivery(next_attempt_at=LATER)
    assert not is_claimable(row, LATER - SECOND)
    assert is_claimable(row, LATER)


# ---------------------------------------------------------------- outcomes


@pytest.mark.parametrize(
    ("desired", "outcome", "reason"),
    [
        pytest.param(want(START), Accepted(), Reason.LIVE, id="a start"),
        pytest.param(want(PAUSE), Accepted(), Reason.POSITION_SAVED, id="a pause"),
        pytest.param(want(STOP), Accepted(), Reason.POSITION_SAVED, id="a stop"),
        pytest.param(want(WATCHED), Accepted(), Reason.WATCHED, id="watched"),
        pytest.param(want(WATCHED), AlreadyThere(), Reason.ALREADY_RECORDED, id="watched, there already"),
        pytest.param(want(START), AlreadyThere(), Reason.LIVE, id="a start, there already"),
    ],
)
def test_what_the_sink_took_is_acknowledged(desired, outcome, reason):
    row = attempt(make_delivery(desired, attempts=3, unknown_since=at(-60)), outcome)
    assert (row.state, row.acknowledged, row.acknowledged_version) == (SETTLED, desired, 1)
    assert (row.attempts, row.unknown_since, row.reason, row.updated_at) == (0, None, reason, LATER)


def test_the_number_at_the_sink_is_kept():
    first = attempt(make_delivery(want(WATCHED)), Accepted(remote_id=2**40))
    assert first.remote_id == 2**40
    assert attempt(first, AlreadyThere()).remote_id == 2**40


@pytest.mark.parametrize("newer", [want(PAUSE, 1), want(WATCHED, 1)], ids=lambda desired: desired.action)
def test_what_was_acknowledged_is_what_was_sent_and_not_what_came_meanwhile(newer):
    row = attempt(make_delivery(want(START)), Accepted(detail="201"), meanwhile=newer)
    assert (row.acknowledged, row.acknowledged_version) == (want(START), 1)
    assert (row.state, row.desired, row.reason, row.detail) == (PENDING, newer, Reason.LIVE, "")
    assert is_claimable(row, LATER)


def test_a_retry_waits_as_long_as_it_is_told():
    row = attempt(make_delivery(attempts=2), Retry(reason=Reason.TRAKT_DOWN, detail="503"), retry_at=at(90))
    assert (row.state, row.attempts, row.next_attempt_at) == (PENDING, 3, at(90))
    assert (row.reason, row.detail, row.lease_owner) == (Reason.TRAKT_DOWN, "503", "")


@pytest.mark.parametrize(
    ("desired", "is_unknown", "before", "after"),
    [
        pytest.param(want(WATCHED), True, None, NOW, id="watched, unknown"),
        pytest.param(want(WATCHED), True, at(-60), at(-60), id="unknown once more"),
        pytest.param(want(WATCHED), False, None, None, id="surely not carried out"),
        pytest.param(
            want(WATCHED), False, at(-60), at(-60), id="surely not, but an earlier one may have been"
        ),
        pytest.param(want(START), True, None, None, id="a start can be repeated"),
    ],
)
def test_an_unknown_outcome_is_dated_by_its_first_request(desired, is_unknown, before, after):
    outcome = Retry(reason=Reason.OUTCOME_UNKNOWN, is_unknown=is_unknown)
    row = attempt(make_delivery(desired, unknown_since=before), outcome)
    assert (row.unknown_since, row.sending_since) == (after, None)


def test_a_hold_is_no_attempt():
    row = attempt(make_delivery(attempts=2), Hold(reason=Reason.ACCOUNT_LOCKED), retry_at=at(9e6))
    assert (row.state, row.attempts, row.next_attempt_at) == (PENDING, 2, at(9e6))


def test_what_is_refused_is_dead():
    row = attempt(make_delivery(want(WATCHED)), Refused(reason=Reason.NO_MATCH, detail="404"))
    assert (row.state, row.reason, row.detail, row.attempts) == (DEAD, Reason.NO_MATCH, "404", 1)


def test_a_refusal_of_an_older_state_says_nothing_about_the_newer():
    row = attempt(make_delivery(want(START)), Refused(reason=Reason.REJECTED), meanwhile=want(WATCHED, 1))
    assert (row.state, row.attempts) == (PENDING, 0)
    assert is_claimable(row, LATER)


def test_a_stale_state_is_dropped_and_its_lease_given_back():
    attempted = leased(make_delivery(want(STOP, -9e6), attempts=2), "one", NOW, LEASE)
    row = dropped(attempted, attempted=attempted, now=LATER)
    assert (row.state, row.reason, row.attempts) == (SETTLED, Reason.BELOW_THRESHOLD, 0)
    assert (row.lease_owner, row.lease_until) == ("", None)


def test_what_came_while_a_stale_state_was_dropped_is_kept():
    """Else a play that was finished in that moment would be lost."""
    attempted = leased(make_delivery(want(START, -9e6)), "one", NOW, LEASE)
    row = dropped(with_desired(attempted, want(WATCHED), NOW), attempted=attempted, now=LATER)
    assert (row.state, row.desired, row.lease_owner) == (PENDING, want(WATCHED), "")
    assert is_claimable(row, LATER)


def test_watched_is_not_dropped_whoever_asks_for_it():
    attempted = leased(make_delivery(want(WATCHED, -9e6)), "one", NOW, LEASE)
    row = dropped(attempted, attempted=attempted, now=LATER)
    assert (row.state, row.lease_owner) == (PENDING, "")


# ---------------------------------------------------------------- waking


def test_a_waiting_delivery_that_is_woken_is_due_and_keeps_its_count():
    row = woken(make_delivery(next_attempt_at=at(900), attempts=4, reason=Reason.TRAKT_DOWN), LATER)
    assert (row.next_attempt_at, row.attempts, row.reason) == (LATER, 4, Reason.TRAKT_DOWN)


def test_a_dead_delivery_that_is_woken_begins_anew():
    dead = make_delivery(
        want(WATCHED), state=DEAD, attempts=4, reason=Reason.NO_MATCH, detail="404", unknown_since=NOW
    )
    row = woken(dead, LATER)
    assert (row.state, row.next_attempt_at, row.attempts) == (PENDING, LATER, 0)
    assert (row.reason, row.detail, row.unknown_since) == (Reason.LIVE, "", NOW)


def test_what_the_sink_knows_is_not_told_again():
    row = make_delivery(state=SETTLED)
    assert woken(row, LATER) is row


# ---------------------------------------------------------------- verdicts

ENDED = make_play(state=PlayState.ENDED, ended_at=at(9), progress=55.0)
GLANCE = replace(ENDED, progress=0.4)


@pytest.mark.parametrize(
    ("play", "rows", "expected"),
    [
        pytest.param(make_play(), [], (Verdict.WATCHING, Reason.LIVE), id="nobody is told"),
        pytest.param(
            replace(ENDED, verdict=Verdict.SKIPPED, reason=Reason.LIBRARY_OFF),
            [make_delivery(want(WATCHED))],
            (Verdict.SKIPPED, Reason.LIBRARY_OFF),
            id="a rule skipped it",
        ),
        pytest.param(
            replace(ENDED, verdict=Verdict.SKIPPED, reason=Reason.BELOW_THRESHOLD),
            [make_delivery(want(WATCHED), reason=Reason.TRAKT_DOWN)],
            (Verdict.QUEUED, Reason.TRAKT_DOWN),
            id="it was not watched far enough, until it was",
        ),
        pytest.param(
            make_play(),
            [make_delivery()],
            (Verdict.WATCHING, Reason.LIVE),
            id="playing, the sink is told soon",
        ),
        pytest.param(
            make_play(),
            [make_delivery(state=SETTLED, reason=Reason.POSITION_SAVED)],
            (Verdict.WATCHING, Reason.LIVE),
            id="playing, the sink knows",
        ),
        pytest.param(
            make_play(),
            [make_delivery(state=SETTLED, reason=Reason.BELOW_THRESHOLD)],
            (Verdict.WATCHING, Reason.LIVE),
            id="playing, the start was stale",
        ),
        pytest.param(
            ENDED,
            [make_delivery(want(WATCHED), reason=Reason.LINK_EXPIRED)],
            (Verdict.QUEUED, Reason.LINK_EXPIRED),
            id="ended, waiting",
        ),
        pytest.param(
            ENDED,
            [make_delivery(want(WATCHED), state=SETTLED, reason=Reason.WATCHED)],
            (Verdict.DELIVERED, Reason.WATCHED),
            id="ended, in the history",
        ),
        pytest.param(
            ENDED,
            [make_delivery(want(STOP), state=SETTLED, reason=Reason.POSITION_SAVED)],
            (Verdict.DELIVERED, Reason.POSITION_SAVED),
            id="ended, position saved",
        ),
        pytest.param(
            ENDED,
            [make_delivery(want(STOP), state=SETTLED, reason=Reason.BELOW_THRESHOLD)],
            (Verdict.SKIPPED, Reason.BELOW_THRESHOLD),
            id="ended, the position came too late",
        ),
        pytest.param(
            GLANCE,
            [make_delivery(want(START), state=SETTLED, reason=Reason.LIVE)],
            (Verdict.SKIPPED, Reason.TOO_SHORT),
            id="ended at once",
        ),
        pytest.param(
            replace(GLANCE, progress=None),
            [make_delivery(want(START), state=SETTLED, reason=Reason.LIVE)],
            (Verdict.SKIPPED, Reason.TOO_SHORT),
            id="ended, nobody knows where",
        ),
        pytest.param(
            ENDED,
            [
                make_delivery(want(WATCHED), state=SETTLED, reason=Reason.WATCHED),
                make_delivery(want(WATCHED), account=JON, reason=Reason.TRAKT_DOWN),
            ],
            (Verdict.QUEUED, Reason.TRAKT_DOWN),
            id="one of two accounts waits",
        ),
        pytest.param(
            ENDED,
            [
                make_delivery(want(WATCHED), reason=Reason.TRAKT_DOWN),
                make_delivery(want(WATCHED), account=JON, state=DEAD, reason=Reason.NO_MATCH),
            ],
            (Verdict.FAILED, Reason.NO_MATCH),
            id="one of two accounts refused it",
        ),
        pytest.param(
            ENDED,
            [
                make_delivery(want(START), account=JON, state=SETTLED, reason=Reason.LIVE),
                make_delivery(want(WATCHED), account=MAYA, state=SETTLED, reason=Reason.WATCHED),
            ],
            (Verdict.DELIVERED, Reason.WATCHED),
            id="one of two accounts was unlinked on the way",
        ),
    ],
)
def test_the_verdict_follows_from_the_deliveries(play, rows, expected):
    assert verdict_of(play, rows)[:2] == expected


# ---------------------------------------------------------------- whatever happens

moments = st.integers(0, 7200)
desires = st.builds(want, st.sampled_from(DesiredAction), moments, st.floats(0, 100))
outcomes = st.one_of(
    st.just(Accepted(remote_id=7)),
    st.just(AlreadyThere()),
    st.builds(Retry, reason=st.just(Reason.TRAKT_DOWN), is_unknown=st.booleans()),
    st.just(Hold(reason=Reason.LINK_EXPIRED)),
    st.just(Refused(reason=Reason.NO_MATCH)),
    st.none(),
)
lives = st.lists(
    st.one_of(
        st.tuples(st.just("desire"), desires),
        st.tuples(st.just("lease"), st.sampled_from(["one", "two"])),
        st.tuples(st.just("settle"), outcomes),
        st.tuples(st.just("crash"), st.none()),
        st.tuples(st.just("wake"), st.none()),
        st.tuples(st.just("wait"), st.integers(1, 1200)),
    ),
    max_size=40,
)


def live(life, row):
    """Every row of a delivery's life, as a ledger would lead it."""
    now, attempted = NOW, None
    for what, argument in life:
        if what == "wait":
            now += timedelta(seconds=argument)
        elif what == "desire":
            row = with_desired(row, argument, now)
        elif what == "lease" and is_claimable(row, now):
            row = attempted = leased(row, argument, now, LEASE)
        elif what == "settle" and row.lease_owner:
            if argument is None:
                row = dropped(row, attempted=attempted, now=now)
            else:
                retry_at = now + LEASE
                row = with_outcome(row, argument, attempted=attempted, now=now, retry_at=retry_at)
        elif what == "crash":
            row = released(row, now)
        elif what == "wake":
            row = woken(row, now)
        yield row


@given(lives, desires)
def test_watched_is_settled_by_nothing_but_the_sinks_own_word(life, desired):
    before = make_delivery(desired)
    for row in live(life, before):
        if before.desired.action is WATCHED:
            assert row.desired == before.desired
        if row.desired.action is WATCHED and row.state is SETTLED:
            assert row.acknowledged == row.desired
        before = row


@given(lives, desires)
def test_fences_and_versions_only_grow(life, desired):
    before = make_delivery(desired)
    for row in live(life, before):
        assert row.fence >= before.fence
        assert row.version >= before.version
        assert (row.version == before.version) == (row.desired == before.desired)
        before = row


@given(lives, desires)
def test_a_request_whose_outcome_is_unknown_is_never_forgotten(life, desired):
    before = make_delivery(desired)
    for row in live(life, before):
        if before.unknown_since is not None and row.unknown_since != before.unknown_since:
            assert row.state is SETTLED
        before = row


@given(lives, desires)
def test_what_is_leased_waits_and_what_is_not_sends_nothing(life, desired):
    for row in live(life, make_delivery(desired)):
        assert bool(row.lease_owner) == (row.lease_until is not None)
        assert row.state is PENDING or not row.lease_owner
        assert row.sending_since is None or (row.lease_owner and row.desired.action is WATCHED)


@given(lives, desires)
def test_what_the_sink_knows_is_told_with_the_version_it_stands_for(life, desired):
    told = {1: desired}
    for row in live(life, make_delivery(desired)):
        told.setdefault(row.version, row.desired)
        assert row.acknowledged == (told[row.acknowledged_version] if row.acknowledged_version else None)


@given(st.lists(st.tuples(desires, st.sampled_from(DeliveryState)), min_size=1, max_size=3))
def test_a_finished_play_never_looks_finished_while_anything_waits(rows):
    deliveries = [make_delivery(desired, state=state) for desired, state in rows]
    verdict, _, _ = verdict_of(ENDED, deliveries)
    states = {delivery.state for delivery in deliveries}
    assert (verdict is Verdict.FAILED) == (DEAD in states)
    assert (verdict in (Verdict.DELIVERED, Verdict.SKIPPED)) == (states == {SETTLED})
