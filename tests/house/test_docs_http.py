"""`docs/http.md` against the app itself: addresses, parameters, answers; and each example is run."""

from __future__ import annotations

import asyncio
import re
import shutil

import pytest
import pytest_asyncio

from crosswatch.core.delivery import first_delivery
from crosswatch.core.events import Percent
from crosswatch.core.plays import DeliveryState, Desired, DesiredAction, PlayState
from crosswatch.core.reasons import Reason, Verdict
from crosswatch.web.described import OF_BODIES, OF_THE_DOOR
from crosswatch.web.factory import create_app
from crosswatch.web.shapes import play_shape
from fakes.markdown import code_blocks, headings, page, rows, section, typed
from fakes.plays import MAYA, NOW, make_play
from fakes.served import ServedApp

PAGE = page("docs/http.md")
OUTSIDE_THE_SCHEMA = {"GET /", "GET /history", "GET /history.csv", "GET /people", "GET /logs", "GET /setup"}
COMMON = OF_THE_DOOR.keys() | OF_BODIES.keys()
NEVER_ENDS = 28
"""Exit code of a `curl` that was told to wait so long and no longer."""

OPERATIONS = {
    f"{verb.upper()} {path}": operation
    for path, verbs in create_app().openapi()["paths"].items()
    for verb, operation in verbs.items()
}


def explained_under(address):
    return section(PAGE, f"`{address}`")


def test_every_address_is_explained_and_no_other():
    explained = {title.strip("`") for title in headings(PAGE, 3)}
    assert explained == set(OPERATIONS) | OUTSIDE_THE_SCHEMA


@pytest.mark.parametrize("address", OPERATIONS)
def test_an_addresss_parameters_are_those_in_the_code(address):
    expected = {
        parameter["name"]
        for parameter in OPERATIONS[address].get("parameters", ())
        if parameter["in"] != "path"
    }
    explained = {cells[0].strip("`") for cells in rows(explained_under(address)) if "`" in cells[0]}
    assert not expected or explained == expected


@pytest.mark.parametrize("address", OPERATIONS)
def test_an_addresss_answers_are_named(address):
    text = explained_under(address)
    everywhere = {cells[0] for cells in rows(section(PAGE, "What holds everywhere"))} & COMMON
    answers = OPERATIONS[address]["responses"].keys() - everywhere
    assert [status for status in answers if status not in text] == []


@pytest.mark.parametrize(
    "words",
    [set(Verdict), set(PlayState), set(DeliveryState)],
    ids=["verdicts", "states of a play", "states of a delivery"],
)
def test_the_words_of_an_answer_are_all_named(words):
    assert words <= set(typed(section(PAGE, "Plays")))


def test_the_keys_of_a_play_and_of_a_delivery_are_explained_and_no_other():
    play = make_play()
    desired = Desired(action=DesiredAction.START, progress=Percent(12.5), at=NOW)
    shape = play_shape(play, [first_delivery(play, MAYA, desired, NOW)], 80.0)
    before = section(PAGE, "Plays").partition("\n### ")[0]
    of_play, of_delivery = before.split("A **delivery** is")

    def explained(text):
        return {word for cells in rows(text) for word in typed(cells[0])}

    assert explained(of_play) == set(shape)
    assert explained(of_delivery) == set(shape["deliveries"][0])


def test_every_reason_has_its_row():
    assert {cells[0].strip("`") for cells in rows(page("docs/reasons.md"))} == set(Reason)


# ---------------------------------------------------------------- examples


EXAMPLES = [block for block in code_blocks(PAGE, "bash") if "limit=1'" not in block]
"""All but the one that needs a play; `test_plays_route.py` asks the same."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def app(tmp_path_factory):
    """A real process on a fresh folder."""
    async with ServedApp(tmp_path_factory.mktemp("examples") / "config") as app:
        yield app


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda text: re.search(r"8787(/\S*?)['\s?]", f"{text} ")[1])
async def test_an_example_works_as_it_is_written(example, app, tmp_path):
    """A stream is listened to for some seconds."""
    limit = 5 if "/stream" in example else 60
    curl = f"curl --fail-with-body --max-time {limit} "
    commands = example.replace("curl ", curl).replace("8787", str(app.port))
    process = await asyncio.create_subprocess_shell(
        f"set -e\n{commands}", cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    if "/stream" in example:
        assert (process.returncode, b"retry:" in said) == (NEVER_ENDS, True)
    elif "/webhook/" in example:
        assert b"feature_off" in said
    else:
        assert process.returncode == 0, said
