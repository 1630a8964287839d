"""What a server does not answer: said when that begins, when its cause changes, and when it is over."""

from __future__ import annotations

import logging

log = logging.getLogger("crosswatch.plex")


class Outage:
    """One kind of question to one server.

    Args:
        event: Begins the event of its log lines, such as `plex.list`.
        what: What cannot be done meanwhile, such as "list what plays".
    """

    def __init__(self, event: str, what: str) -> None:
        self._event = event
        self._what = what
        self._cause = ""
        self._count = 0

    def note(self, error: Exception) -> None:
        """It was not answered; the same again and again is said once."""
        cause = str(error)
        is_news = cause != self._cause
        self._cause, self._count = cause, self._count + 1
        log.log(
            logging.WARNING if is_news else logging.DEBUG,
            "cannot %s: %s",
            self._what,
            cause,
            extra={"event": f"{self._event}_failed"},
        )

    def end(self) -> None:
        """It was answered."""
        if self._count:
            log.info(
                "can %s again; it failed %d times",
                self._what,
                self._count,
                extra={"event": f"{self._event}_answered"},
            )
        self._cause, self._count = "", 0
