"""What has been asked about sessions, and what is still to be asked: who watches, and what it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from crosswatch.core.events import PlayId
from crosswatch.core.likeness import has_passed
from crosswatch.core.session import Session

BINDING_WAITS = (0, 1, 2, 4, 8, 15, 30)
"""Seconds between attempts to learn who watches; the last one repeats."""


@dataclass(slots=True)
class _Question:
    """How often the server was asked about a session, and when it answered last."""

    asked: int = 0
    answered_at: datetime | None = None
    is_open: bool = False

    @property
    def wait(self) -> timedelta:
        return timedelta(seconds=BINDING_WAITS[min(self.asked, len(BINDING_WAITS) - 1)])


class Questions:
    """One question for each session, repeated until it is answered, more and more slowly."""

    def __init__(self) -> None:
        self._questions: dict[PlayId, _Question] = {}

    def ask(self, session: Session, now: datetime) -> bool:
        """Whether the question is to be asked now; it is open then, until it is answered."""
        if not is_unanswered(session):
            return False
        question = self._questions.setdefault(session.play_id, _Question())
        is_due = question.answered_at is None or has_passed(question.answered_at, question.wait, now)
        if question.is_open or not is_due:
            return False
        question.asked += 1
        question.is_open = True
        return True

    def answered(self, session: Session, now: datetime) -> None:
        """The server said something, useful or not."""
        question = self._questions.get(session.play_id)
        if question is not None:  # else the session was forgotten meanwhile
            question.is_open = False
            question.answered_at = now

    def forget(self, play_id: PlayId) -> None:
        """Nobody will ask about it again."""
        self._questions.pop(play_id, None)

    def moments(self, sessions: Iterable[Session]) -> list[datetime]:
        """When the questions about these sessions are to be asked again."""
        known = [self._questions.get(session.play_id) for session in sessions if is_unanswered(session)]
        return [one.answered_at + one.wait for one in known if one and one.answered_at and not one.is_open]


def is_unanswered(session: Session) -> bool:
    """Whether the server may still say who watches, and what."""
    if session.binding is None:
        return True
    has_left = session.has_ended  # it is listed no more, so nobody will say who it was
    return session.is_scrobbled and not session.is_identified and not has_left
