from __future__ import annotations

from dataclasses import replace

import pytest

from crosswatch.core.delivery import verdict_of
from crosswatch.core.events import Account, Percent
from crosswatch.core.plays import DeliveryState, DesiredAction, PlayState, SinkAccount
from crosswatch.core.reasons import Reason
from crosswatch.core.sentences import (
    account_words,
    accounts_words,
    percent_words,
    tell_action,
    tell_delivery,
    tell_play,
)
from fakes.plays import FILM, JON, MAYA, make_delivery, make_play, want

NOBODY = {"account": Account(), "media": replace(FILM, title="", year=None)}


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_reads_as_sentences_whatever_is_known(reason):
    known = make_play(reason=reason, progress=Percent(41), detail="It answered 502.")
    unknown = make_play(reason=reason, **NOBODY)

    for play in (known, unknown):
        told = tell_play(play, mark=80)
        for text in filter(None, (told.title, told.sentence, told.action)):
            assert text[0].isupper(), text
            assert not any(slip in text for slip in ("{", "}", "()", "  ", " .", "None"))
        assert told.sentence.endswith(".")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        pytest.param(
            {"reason": Reason.WATCHED, "progress": Percent(92.4)},
            "Arrival (2016) is in the history of the Trakt account, at 92\u00a0%.",
            id="watched",
        ),
        pytest.param(
            {"reason": Reason.BELOW_THRESHOLD, "progress": Percent(79.97)},
            "Maya stopped Arrival (2016) at 79\u00a0%; it counts as watched from 80\u00a0%.",
            id="just below the mark never reads as the mark",
        ),
        pytest.param(
            {"reason": Reason.TOO_SHORT},
            "Maya stopped Arrival (2016) at an unknown position, before anything counts.",
            id="an unknown position is not made up",
        ),
        pytest.param(
            {"reason": Reason.TYPE_UNSUPPORTED, "detail": "live television"},
            "Arrival (2016) is not a film or an episode of a library (live television).",
            id="with a detail",
        ),
        pytest.param(
            {"reason": Reason.TYPE_UNSUPPORTED},
            "Arrival (2016) is not a film or an episode of a library.",
            id="without a detail its brackets go too",
        ),
        pytest.param(
            {"reason": Reason.PERSON_NOT_LISTED},
            "Maya (id 1) is not in `username_whitelist`.",
            id="somebody with an id",
        ),
        pytest.param(
            {"reason": Reason.PERSON_NOT_LISTED, "account": Account(name="Local")},
            "Local is not in `username_whitelist`.",
            id="somebody without an id",
        ),
        pytest.param(
            {"reason": Reason.PERSON_UNLINKED, "account": Account(name="dave")},
            "dave is not linked to a Trakt account.",
            id="a name is written as its bearer writes it",
        ),
        pytest.param(
            {"reason": Reason.LINK_EXPIRED},
            "The Trakt account is no longer linked. Arrival (2016) is safe here and will be sent after the "
            "next login.",
            id="our own words begin a sentence as sentences begin",
        ),
        pytest.param(
            {"reason": Reason.NO_MATCH, "media": replace(FILM, title="{person} {0}", year=None)},
            "Trakt doesn't know {person} {0}.",
            id="braces in a title are only braces",
        ),
    ],
)
def test_a_sentence_names_the_facts_that_are_known(changes, sentence):
    assert tell_play(make_play(**changes), mark=80).sentence == sentence


def test_the_action_leaves_out_an_id_that_nobody_has():
    told = tell_play(make_play(reason=Reason.PERSON_NOT_LISTED, account=Account(name="Local")), mark=80)
    assert told.action == "Add the name to features.scrobble.filters.username_whitelist."


def test_a_delivery_speaks_of_its_own_account_progress_and_detail():
    delivery = make_delivery(want(progress=91), reason=Reason.WATCHED)

    told = tell_delivery(make_play(progress=Percent(12), detail="of the play"), delivery, mark=80)

    assert told.sentence == "Arrival (2016) is in the history of maya on Trakt, at 91\u00a0%."


@pytest.mark.parametrize(
    ("account", "words"), [(SinkAccount(), "the Trakt account"), (MAYA, "maya on Trakt")], ids=str
)
def test_an_account_is_named_where_there_is_more_than_one(account, words):
    assert account_words(account) == words


@pytest.mark.parametrize(
    ("progress", "words"), [(0.0, "0\u00a0%"), (99.99, "99\u00a0%"), (100.0, "100\u00a0%")]
)
def test_percent_is_rounded_down(progress, words):
    assert percent_words(progress) == words


# ---------------------------------------------------------------- several accounts


DONE = make_delivery(
    want(DesiredAction.WATCHED), state=DeliveryState.SETTLED, reason=Reason.WATCHED, remote_id=1
)
DONE = replace(DONE, acknowledged=DONE.desired)
SAVED = make_delivery(want(DesiredAction.STOP), state=DeliveryState.SETTLED, reason=Reason.POSITION_SAVED)
SAVED = replace(SAVED, acknowledged=SAVED.desired)
REFUSED = make_delivery(want(DesiredAction.WATCHED), state=DeliveryState.DEAD, reason=Reason.NO_MATCH)
UNLINKED = make_delivery(want(DesiredAction.WATCHED), reason=Reason.LINK_EXPIRED)
NEXT = make_delivery(want(DesiredAction.WATCHED), reason=Reason.LIVE)
BACK = replace(DONE, reason=Reason.TAKEN_BACK, acknowledged=None)
UNHEARD = make_delivery(want(), state=DeliveryState.SETTLED, reason=Reason.LIVE)


def of(row, account):
    return replace(row, account=account)


@pytest.mark.parametrize(
    ("rows", "verdict", "sentence"),
    [
        pytest.param(
            [of(DONE, MAYA), of(DONE, JON)],
            "delivered",
            "Arrival (2016) is in the history of maya and jon on Trakt, at 92\u00a0%.",
            id="in both histories",
        ),
        pytest.param(
            [of(DONE, MAYA), of(REFUSED, JON)],
            "failed",
            "Trakt doesn't know Arrival (2016). It is in the history of maya on Trakt.",
            id="delivered to one, refused by the other",
        ),
        pytest.param(
            [of(REFUSED, SinkAccount()), of(UNLINKED, JON)],
            "failed",
            "Trakt doesn't know Arrival (2016). It waits for jon on Trakt.",
            id="refused by one, held for the other",
        ),
        pytest.param(
            [of(NEXT, MAYA), of(UNLINKED, JON), of(DONE, SinkAccount())],
            "queued",
            "jon on Trakt is no longer linked. Arrival (2016) is safe here and will be sent after the next "
            "login. It is in the history of the Trakt account. It waits for maya on Trakt.",
            id="one in trouble speaks before one whose turn comes",
        ),
        pytest.param(
            [of(SAVED, MAYA), of(DONE, JON)],
            "delivered",
            "Arrival (2016) is in the history of jon on Trakt, at 92\u00a0%. Its position is saved for maya "
            "on Trakt.",
            id="watched by one mark and not by the other",
        ),
        pytest.param(
            [of(BACK, MAYA), of(DONE, JON)],
            "delivered",
            "Arrival (2016) is in the history of jon on Trakt, at 92\u00a0%. It was taken back from maya on "
            "Trakt.",
            id="taken back from one",
        ),
        pytest.param(
            [of(UNHEARD, MAYA), of(DONE, JON)],
            "delivered",
            "Arrival (2016) is in the history of jon on Trakt, at 92\u00a0%.",
            id="of an account that was unlinked on the way nothing is said",
        ),
    ],
)
def test_each_account_of_a_play_has_its_say_and_the_worst_one_the_first(rows, verdict, sentence):
    play = make_play(state=PlayState.ENDED, progress=Percent(92))
    found, reason, detail = verdict_of(play, rows)
    told = tell_play(replace(play, verdict=found, reason=reason, detail=detail), mark=80, deliveries=rows)
    assert (found, told.sentence) == (verdict, sentence)


def test_while_a_play_goes_on_only_the_worst_is_said():
    play = make_play(progress=Percent(30))
    rows = [of(UNHEARD, MAYA), make_delivery(want(), account=JON, reason=Reason.TRAKT_DOWN)]
    found, reason, detail = verdict_of(play, rows)
    told = tell_play(replace(play, verdict=found, reason=reason, detail=detail), mark=80, deliveries=rows)
    assert (found, told.sentence.count(".")) == ("watching", 2)


@pytest.mark.parametrize(
    ("accounts", "words"),
    [
        ([SinkAccount()], "the Trakt account"),
        ([MAYA, JON], "maya and jon on Trakt"),
        ([SinkAccount(), JON], "the default account and jon on Trakt"),
        ([SinkAccount(), JON, MAYA], "the default account, jon and maya on Trakt"),
        ([MAYA, SinkAccount(sink="simkl", name="maya")], "maya on Trakt and maya on Simkl"),
    ],
)
def test_several_accounts_are_named_together(accounts, words):
    assert accounts_words(accounts) == words


@pytest.mark.parametrize(
    ("account", "command"),
    [(SinkAccount(), "crosswatch login trakt"), (MAYA, "crosswatch login trakt --account maya")],
)
def test_the_action_names_the_account_that_is_to_be_linked(account, command):
    assert tell_action(Reason.LINK_EXPIRED, account) == f"Run `{command}`."
    waits = make_delivery(want(DesiredAction.WATCHED), account=account, reason=Reason.LINK_EXPIRED)
    assert tell_delivery(make_play(), waits, mark=80).action == f"Run `{command}`."


@pytest.mark.parametrize("reason", Reason)
def test_what_to_do_about_an_account_can_be_said_without_a_play(reason):
    assert "{" not in tell_action(reason, MAYA)


def test_a_play_that_is_over_and_not_yet_sent_is_not_said_to_go_on():
    over = make_play(state=PlayState.ENDED, reason=Reason.LIVE)
    assert tell_play(over, mark=80).title == "Waiting its turn"
