"""Telling the service manager that has started the process how it stands, as systemd wants to hear it.

Source: sd_notify(3) and sd_watchdog_enabled(3), sections "Notes" and "Environment".
"""

from __future__ import annotations

import logging
import os
import socket
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

log = logging.getLogger(__name__)

READY, STOPPING, ALIVE = "READY=1", "STOPPING=1", "WATCHDOG=1"


class ServiceManager:
    """Whoever wants to be told.

    Args:
        address: The datagram socket to tell it on, as a path or `@` and an abstract name; empty for nobody.
        watchdog_s: How long it waits for a sign of life before it starts the process anew; 0 for ever.
    """

    def __init__(self, address: str = "", watchdog_s: float = 0.0) -> None:
        self._address = address
        self._watchdog_s = watchdog_s

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self:
        """The one that the environment names; a watchdog that waits for another process is none of ours."""
        is_ours = environment.get("WATCHDOG_PID") in {None, str(os.getpid())}
        waits_us = environment.get("WATCHDOG_USEC", "") if is_ours else ""
        return cls(environment.get("NOTIFY_SOCKET", ""), int(waits_us) / 1e6 if waits_us.isdecimal() else 0.0)

    @property
    def ping_every_s(self) -> float | None:
        """How often it should hear that the process lives: twice in the time it waits. None if never."""
        return self._watchdog_s / 2 if self._address and self._watchdog_s else None

    async def ping(self) -> None:
        """Say that the event loop turns: only the loop itself comes here."""
        self.say(ALIVE)

    def say(self, state: str) -> None:
        """Tell it, and never wait for it: a manager that cannot be told must not hold up anybody."""
        if not self._address:
            return
        name = f"\0{self._address[1:]}" if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.sendto(state.encode(), socket.MSG_DONTWAIT, name)
        except OSError as error:
            log.warning(
                "The service manager could not be told %s: %s.",
                state,
                error.strerror or error,
                extra={"event": "service.unheard"},
            )
