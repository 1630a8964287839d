"""The documentation says what the code does: each key, command and word, and nothing that is not there."""

from __future__ import annotations

import importlib
import importlib.util
import json
import re
from datetime import timedelta

import click
import pytest

import crosswatch
from crosswatch.cli.program import program
from crosswatch.config.model import known_keys, parse_settings
from crosswatch.core import delivery, likeness, policy, position, progress, session, tails, tracker
from fakes.markdown import PAGES, ROOT, anchors, code_blocks, headings, links, page, rows, section, typed

SOURCES = ROOT / "src" / "crosswatch"


def name_of(path):
    return path.relative_to(ROOT).as_posix()


# ---------------------------------------------------------------- configuration

KEYS = {
    cells[0].strip("`"): cells for cells in rows(section(page("docs/configuration.md"), "Every key"))
}  # key, default, allowed, meaning


def test_every_key_of_the_configuration_is_explained_and_no_other():
    assert set(KEYS) == set(known_keys())


@pytest.mark.parametrize("name", ["README.md", "docs/configuration.md"])
def test_an_example_of_a_configuration_is_valid_and_means_something(name):
    (example,) = code_blocks(page(name), "json")
    settings = parse_settings(json.loads(example))
    assert settings.features.watch.enabled
    assert settings.features.scrobble.providers.trakt.enabled


def test_every_variable_that_is_read_is_explained():
    text = "".join(path.read_text() for path in SOURCES.rglob("*.py"))
    read = set(re.findall(r"\bCROSSWATCH_[A-Z_]+\b", text)) | {"XDG_CONFIG_HOME", "NO_COLOR"}
    explained = {
        cells[0].strip("`") for cells in rows(section(page("docs/configuration.md"), "Environment variables"))
    }
    assert explained == read


# ---------------------------------------------------------------- command line


def commands(group, above="crosswatch"):
    """Every command that does something, by what is typed."""
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        if isinstance(command, click.Group):
            yield from commands(command, f"{above} {name}")
        else:
            yield f"{above} {name}", command


COMMANDS = dict(commands(program))


def test_every_command_is_explained_and_no_other():
    assert {title.strip("`") for title in headings(page("docs/cli.md"), 3)} == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_of_a_command_is_explained_with_its_default(name):
    explained = {cells[0]: cells[1] for cells in rows(section(page("docs/cli.md"), f"`{name}`"))}
    expected = {}
    for parameter in COMMANDS[name].params:
        is_option = isinstance(parameter, click.Option)
        shown = parameter.opts[0] if is_option else parameter.human_readable_name
        has_default = is_option and not parameter.is_flag and parameter.default is not None
        default = parameter.default
        expected[f"`{shown}`"] = (
            f"`{default:g}`" if isinstance(default, float) else f"`{default}`" if has_default else ""
        )
    assert explained == expected


# ---------------------------------------------------------------- what is drawn


@pytest.fixture(scope="module")
def drawing():
    spec = importlib.util.spec_from_file_location("draw_docs", ROOT / "tools" / "draw_docs.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "name", ["docs/configuration.md", "docs/sessions.md", "docs/reasons.md", "docs/security.md"]
)
def test_what_the_code_says_is_drawn_as_it_is_now(drawing, name):
    """If this fails, `make docs` mends it."""
    text = page(name)
    assert ROOT / name in drawing.pages()
    assert drawing.redraw(text) == text


def test_every_drawing_is_shown(drawing):
    shown = set(re.findall(r"<!-- drawn: ([\w-]+) -->", "".join(path.read_text() for path in PAGES)))
    assert shown == set(drawing.PARTS)


NUMBERS = [
    (position.SEEK_MS, 20_000, "by more than 20 s"),
    (session.SEEK_REFRESH, timedelta(minutes=1), "At most once a minute"),
    (session.PAUSE_MOVED, 1, "moved by 1 % or more"),
    (session.PAUSE_REPEAT, timedelta(seconds=5), "5 s or more have passed"),
    (session.ZERO_HOLD, timedelta(seconds=2), "For 2 s"),
    (progress.OVERSHOOT, 1.05, "Up to 105 %"),
    (position.FRESH, timedelta(seconds=30), "at most 30 s old"),
    (position.SKIP_SHARE, 0.98, "a jump over 98 %"),
    (position.SKIP_REST_MS, 1_000, "less than 1 s before its end"),
    (likeness.REKEY_AFTER, timedelta(seconds=15), "silent for 15 s"),
    (likeness.ECHO, timedelta(seconds=30), "ended less than 30 s ago"),
    (tracker.SILENT_AFTER, timedelta(seconds=45), "without a frame for 45 s"),
    (tracker.LOOK_UP_EVERY, timedelta(seconds=15), "every 15 s from then on"),
    (tracker.MISSES_TO_END, 2, "Absent twice"),
    (tracker.GIVEN_UP_AFTER, timedelta(minutes=5), "after 5 minutes of silence"),
    (tails.TAIL_SLACK_PERCENT, 10, "give or take 10 %"),
    (tails.TAIL_GAP, timedelta(hours=36), "within 36 hours"),
    (policy.PAUSE_LIMIT, 80, "from 1 % to below 80 %"),
    (policy.LEAST_PROGRESS, 1, "below 1 % nothing is told"),
    (delivery.LATE_AFTER, timedelta(seconds=90), "more than 90 s late"),
]


@pytest.mark.parametrize(("number", "said", "phrase"), NUMBERS, ids=[phrase for *_, phrase in NUMBERS])
def test_a_number_about_sessions_is_the_one_in_the_code(number, said, phrase):
    assert number == said
    assert phrase in page("docs/sessions.md")


# ---------------------------------------------------------------- words, paths, links


FILES = {"crosswatch.db", "crosswatch.lock"}


def is_there(dotted):
    """Whether there is a module, class, function or constant of that name."""
    module, rest = crosswatch, dotted.split(".")[1:]
    while rest and importlib.util.find_spec(f"{module.__name__}.{rest[0]}"):
        module, rest = importlib.import_module(f"{module.__name__}.{rest[0]}"), rest[1:]
        if not hasattr(module, "__path__"):
            break
    found = module
    for name in rest:
        found = getattr(found, name, None)
    return found is not None


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_a_name_of_the_code_leads_somewhere(path):
    names = {word for word in typed(path.read_text()) if re.fullmatch(r"crosswatch(\.\w+)+", word)}
    assert [name for name in sorted(names - FILES) if not is_there(name)] == []


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_a_link_leads_somewhere(path):
    for target in links(path.read_text()):
        if "://" in target:
            continue
        file, _, anchor = target.partition("#")
        aim = (path.parent / file).resolve() if file else path
        assert aim.exists(), target
        assert not anchor or anchor in anchors(aim.read_text()), target


def test_the_way_through_the_house_leads_through_files_that_are_there():
    for cells in rows(section(page("CONTRIBUTING.md"), "The house in a minute")):
        named = [word for cell in cells for word in re.findall(r"`([\w/]+(?:\.py|/))`", cell)]
        above = SOURCES
        for word in named:
            found = SOURCES / word if "/" in word else above / word
            assert found.exists(), word
            above = found.parent


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_a_verb_of_make_is_one(path):
    verbs = set(re.findall(r"^([a-z-]+):", page("Makefile"), re.MULTILINE))
    text = path.read_text()
    commands = typed(text) + [line for block in code_blocks(text, "bash") for line in block.splitlines()]
    for command in commands:
        if match := re.match(r"make ([a-z]+)", command):
            assert match[1] in verbs, command


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_a_command_is_one(path):
    text = path.read_text()
    lines = typed(text) + [line for block in code_blocks(text, "bash") for line in block.splitlines()]
    for line in lines:
        if match := re.match(r"(?:\.venv/bin/)?crosswatch ([a-z].*)", line):
            words = match[1].split()
            known = [name.split()[1:] for name in COMMANDS]
            assert any(words[: len(name)] == name[: len(words)] for name in known), line


def test_the_changelog_knows_this_version_or_what_comes():
    assert re.search(
        rf"^## \[(Unreleased|{re.escape(crosswatch.__version__)})\]", page("CHANGELOG.md"), re.MULTILINE
    )


def test_verbs_are_explained_to_contributors():
    verbs = set(re.findall(r"^([a-z-]+):", page("Makefile"), re.MULTILINE))
    explained = {
        cells[0].strip("`").removeprefix("make ") for cells in rows(section(page("CONTRIBUTING.md"), "Verbs"))
    }
    assert explained == verbs
