"""`docs/webhooks.md` against the code: every reason with its status, every event, every number."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from crosswatch.config.model import parse_settings
from crosswatch.core import hooked, hooks
from crosswatch.core.ignored import SENTENCES, Ignored
from crosswatch.providers.scrobble.plex import webhook
from crosswatch.service import webhooks
from crosswatch.watching import MOST_STRANGERS
from crosswatch.web.routes.webhook import STATUSES
from fakes.markdown import code_blocks, page, rows, section, typed

PAGE = page("docs/webhooks.md")


def test_every_reason_is_explained_with_its_status_and_no_other():
    found = [cells for cells in rows(section(PAGE, "What the sender is told")) if cells[0]]
    explained = {cells[0].strip("`"): int(cells[1]) for cells in found}
    assert explained == {reason.value: STATUSES.get(reason, 200) for reason in Ignored}


def test_every_reason_has_a_sentence():
    assert set(SENTENCES) == set(Ignored)


def test_every_event_is_explained():
    playing = {hooked.PLAY, hooked.RESUME, hooked.PAUSE, hooked.STOP, hooked.SCROBBLE, hooked.RATE}
    named = [word for cells in rows(section(PAGE, "What each event means")) for word in typed(cells[0])]
    assert sorted(named) == sorted(playing | webhooks.KNOWN_EVENTS)


def test_the_example_of_a_configuration_is_valid_and_means_something():
    (example,) = code_blocks(PAGE, "json")
    settings = parse_settings(json.loads(example))
    assert settings.features.webhook.enabled
    assert settings.plex.webhook_secret


NUMBERS = [
    (hooked.AS_GOOD_AS_NOW, timedelta(seconds=90), "at most 90 s old"),
    (hooks.REMEMBERED, timedelta(minutes=10), "ten minutes after its end"),
    (hooked.REORDER, timedelta(seconds=10), "within ten seconds"),
    (hooked.MARGIN, timedelta(minutes=5), "five minutes\nafter it should have"),
    (hooked.LONG_MARGIN, timedelta(hours=6), "six hours after it should have ended"),
    (hooked.PAUSED_FOR, timedelta(hours=24), "a pause after a day"),
    (hooks.MOST_SESSIONS, 500, "five hundred plays"),
    (webhooks.MOST_WAITING, 1_000, "A thousand webhooks wait"),
    (MOST_STRANGERS, 100, "a hundred servers"),
    (webhook.MOST_PAYLOAD_BYTES, 1024**2, "1 MiB of payload"),
    (webhook.MOST_BODY_BYTES, 4 * 1024**2, "4 MiB with the picture"),
]


@pytest.mark.parametrize(("number", "said", "phrase"), NUMBERS, ids=[phrase for *_, phrase in NUMBERS])
def test_a_number_is_the_one_in_the_code(number, said, phrase):
    assert number == said
    assert " ".join(phrase.split()) in " ".join(PAGE.split())
