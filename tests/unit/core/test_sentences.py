from __future__ import annotations

from dataclasses import replace

import pytest

from crosswatch.core.events import Account, Percent
from crosswatch.core.plays import SinkAccount
from crosswatch.core.reasons import Reason
from crosswatch.core.sentences import account_words, percent_words, tell_delivery, tell_play
from fakes.plays import FILM, MAYA, make_delivery, make_play, want

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
