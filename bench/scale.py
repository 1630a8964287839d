"""How much is measured, and against whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from bench.peer import Peer

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """The size of a run.

    Attributes:
        is_quick: Whether only to show that it works.
        peer: The peer, if it can be run.
    """

    is_quick: bool
    peer: Peer | None = None

    def of(self, full: T, *, quick: T) -> T:
        """One of two sizes."""
        return quick if self.is_quick else full
