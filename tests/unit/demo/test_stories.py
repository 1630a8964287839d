from __future__ import annotations

from datetime import UTC, datetime, timedelta

from chaos.stories import stories

from crosswatch.demo.comparison import Held, Seen, compare

AT = datetime(2026, 11, 25, 20, tzinfo=UTC)
OWNERS = {"bob": ("bob-at-trakt",), "alice": ("alice-at-trakt",)}


class App:
    """Tells one step of each play."""

    async def get(self, path):
        play_id = path.rpartition("/")[2]
        return {
            **a_play(play_id),
            "trace": [{"at": AT.isoformat(), "step": "seen", "text": f"heard of {play_id}"}],
        }


def a_play(play_id, who="bob", rating_key="7"):
    return {
        "id": play_id,
        "person": {"name": who},
        "media": {"rating_key": rating_key, "label": "The Office (US) S03E08"},
        "reason": "scrobbled",
        "title": "",
        "origin": "session",
        "progress": 95.0,
        "started_at": AT.isoformat(),
        "ended_at": None,
        "watched_at": None,
    }


def seen(who):
    return Seen(
        who=who,
        label="The Office (US) S03E08",
        trakt_label="The Office S03E08",
        rating_key="7",
        progress=95.0,
        started_at=AT - timedelta(minutes=20),
        ended_at=AT,
        counted_at=None,
    )


def held(account, minutes=0):
    at = AT + timedelta(minutes=minutes)
    return Held(account=account, label="The Office S03E08", at=at, told_at=at, told_by="POST /scrobble/stop")


async def test_a_play_too_many_is_told_with_the_viewings_and_the_traces_that_it_belongs_to():
    everything = [held("bob-at-trakt"), held("bob-at-trakt", -14), held("alice-at-trakt")]
    comparison = compare([seen("bob"), seen("alice")], everything, OWNERS)
    plays = [a_play("p1"), a_play("p2"), a_play("p3", rating_key="8"), a_play("p4", who="alice")]
    told = "\n".join(await stories(App(), comparison, plays, OWNERS))
    assert "doubled: None -- Held(account='bob-at-trakt'" in told
    assert "beside it: Seen(who='bob'" in told
    assert "heard of p1" in told
    assert "heard of p2" in told
    assert "heard of p3" not in told, "another item"
    assert "heard of p4" not in told, "somebody else's"


async def test_nothing_is_told_of_what_is_right():
    comparison = compare([seen("bob")], [held("bob-at-trakt")], OWNERS)
    assert await stories(App(), comparison, [a_play("p1")], OWNERS) == []
