"""Trouble on command.

A fault names the requests it meets (path prefix, verb, account) and ends by a count, by a duration
of the simulator's clock, or when it is cleared; with a probability below 1 it meets only some.
Most kinds can strike before the request is carried out, or after: then the state has changed and
the client does not learn of it (Trakt protocol notes, section 5.7).
"""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import msgspec

from crosswatch.simulator.trakt.answers import EXHAUSTED, edge_blocked, edge_rate_limited, recorded_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class FaultKind(StrEnum):
    """What goes wrong."""

    STATUS = "status"
    """Another status is answered, with `body` and `headers`."""
    HANG = "hang"
    """Nothing is answered for `delay_s`, then the connection is reset."""
    RESET = "reset"
    """The connection is reset at once."""
    SLOW_BODY = "slow_body"
    """Headers come at once, the body takes `delay_s`."""
    TRUNCATED_JSON = "truncated_json"
    """The first half of the body, as if it were all."""
    HTML = "html"
    """A web page with status 200 in place of the JSON."""
    WRONG_ITEM = "wrong_item"
    """The answer names another movie or show than the one that was asked for and used."""
    HUGE_BODY = "huge_body"
    """A proper JSON answer with `size` more bytes of blanks after it."""


REPLACING = frozenset({FaultKind.STATUS, FaultKind.HANG, FaultKind.RESET})
"""Kinds that keep the request from being carried out, unless `after_apply` is set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One kind of trouble for some requests.

    Attributes:
        kind: What goes wrong.
        path: Beginning of the paths it meets.
        method: Verb it meets, or None for all.
        account: Username it meets, or None for all; OAuth calls count for the owner of the token sent.
        count: How many requests it meets at most, or None for no end.
        probability: Share of fitting requests that it meets, 0.0 to 1.0.
        seconds: How long it lasts by the simulator's clock, or None for no end.
        after_apply: True if the request is carried out all the same.
        status: For `STATUS`: what is answered.
        body: For `STATUS`: the text of the body.
        headers: For `STATUS`: its headers.
        delay_s: For `HANG` and `SLOW_BODY`: seconds of the simulator's clock.
        size: For `HUGE_BODY`: additional bytes.
    """

    kind: FaultKind
    path: str = "/"
    method: str | None = None
    account: str | None = None
    count: int | None = None
    probability: float = 1.0
    seconds: float | None = None
    after_apply: bool = False
    status: int = 503
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 3600.0
    size: int = 16_000_000

    @classmethod
    def answering(cls, status: int, **where: Any) -> Fault:
        """A status with the body and headers that were recorded for it.

        Args:
            status: 500 to 504, 520 to 522, 401, 403, 404, 409, 412, 420, 423, 426 or 429.
            **where: Other fields of a fault; `body` and `headers` replace the recorded ones.
        """
        recorded = recorded_answer(status)
        known = {"body": recorded.text, "headers": recorded.headers}
        return cls(kind=FaultKind.STATUS, status=status, **{**known, **where})

    @classmethod
    def edge_blocked(cls, **where: Any) -> Fault:
        """The firewall's 403 page (`edge`, not the account)."""
        answer = edge_blocked()
        return cls(kind=FaultKind.STATUS, status=403, body=answer.text, headers=answer.headers, **where)

    @classmethod
    def edge_rate_limited(cls, **where: Any) -> Fault:
        """The firewall's 429 page, with neither `X-Ratelimit` nor `Retry-After`."""
        answer = edge_rate_limited()
        return cls(kind=FaultKind.STATUS, status=429, body=answer.text, headers=answer.headers, **where)

    @classmethod
    def rate_limited(cls, retry_after_s: int = 1, **where: Any) -> Fault:
        """Trakt's own 429, with `Retry-After` in whole seconds."""
        headers = {**recorded_answer(429).headers, "Retry-After": str(retry_after_s)}
        return cls(kind=FaultKind.STATUS, status=429, headers=headers, **where)

    @classmethod
    def account_limit(cls, *, bare: bool = False, **where: Any) -> Fault:
        """A 420, bare with a rate-limit header only, else with the documented headers."""
        headers = {"X-Ratelimit": EXHAUSTED} if bare else recorded_answer(420).headers
        return cls(kind=FaultKind.STATUS, status=420, headers=headers, **where)

    @classmethod
    def hang(cls, delay_s: float = 3600.0, *, after_apply: bool = False, **where: Any) -> Fault:
        """No answer; the client's own time-out has to end it."""
        return cls(kind=FaultKind.HANG, delay_s=delay_s, after_apply=after_apply, **where)

    @classmethod
    def reset(cls, *, after_apply: bool = False, **where: Any) -> Fault:
        """The connection breaks."""
        return cls(kind=FaultKind.RESET, after_apply=after_apply, **where)

    @classmethod
    def slow_body(cls, delay_s: float, **where: Any) -> Fault:
        """The body trickles in."""
        return cls(kind=FaultKind.SLOW_BODY, delay_s=delay_s, **where)

    @classmethod
    def truncated_json(cls, **where: Any) -> Fault:
        """Half of the JSON."""
        return cls(kind=FaultKind.TRUNCATED_JSON, **where)

    @classmethod
    def html(cls, **where: Any) -> Fault:
        """A web page with status 200."""
        return cls(kind=FaultKind.HTML, **where)

    @classmethod
    def wrong_item(cls, **where: Any) -> Fault:
        """An answer about something else."""
        return cls(kind=FaultKind.WRONG_ITEM, **where)

    @classmethod
    def huge_body(cls, size: int = 16_000_000, **where: Any) -> Fault:
        """An answer that is far too long."""
        return cls(kind=FaultKind.HUGE_BODY, size=size, **where)

    @classmethod
    def lost_refresh_answer(cls, **where: Any) -> Fault:
        """A refresh rotates the tokens, and the client never sees the new ones."""
        return cls.reset(after_apply=True, path="/oauth/token", method="POST", **{"count": 1, **where})

    @property
    def prevents(self) -> bool:
        """True if the requests it meets are not carried out."""
        return self.kind in REPLACING and not self.after_apply

    @classmethod
    def from_json(cls, sent: Mapping[str, Any]) -> Fault:
        """A fault described by a driver in another process.

        Args:
            sent: Fields of a fault; `preset` may name one of the constructors above, whose own
                arguments are then allowed too. A `status` alone means the recorded answer.

        Raises:
            ValueError: With a sentence, if a name or a value makes no sense.
        """
        given = dict(sent)
        preset = given.pop("preset", None if "kind" in given or "status" not in given else "answering")
        if preset is not None and preset not in PRESETS:
            raise ValueError(f"preset is {preset!r}; known are {', '.join(sorted(PRESETS))}")
        try:
            made = PRESETS[preset](**given) if preset else cls(**given)
        except TypeError as error:
            raise ValueError(f"these fields do not go together: {', '.join(sorted(sent))}") from error
        # Once more through plain values, so that each field has the type that it is declared with.
        return msgspec.convert(asdict(made), cls)


PRESETS: dict[str, Callable[..., Fault]] = {
    "answering": Fault.answering,
    "edge_blocked": Fault.edge_blocked,
    "edge_rate_limited": Fault.edge_rate_limited,
    "rate_limited": Fault.rate_limited,
    "account_limit": Fault.account_limit,
    "hang": Fault.hang,
    "reset": Fault.reset,
    "slow_body": Fault.slow_body,
    "truncated_json": Fault.truncated_json,
    "html": Fault.html,
    "wrong_item": Fault.wrong_item,
    "huge_body": Fault.huge_body,
    "lost_refresh_answer": Fault.lost_refresh_answer,
}
"""Constructors by name, for drivers that speak JSON."""


@dataclass(slots=True, eq=False)
class ActiveFault:
    """A fault in force.

    Attributes:
        number: Counts from 1.
        fault: What was asked for.
        until: When it ends, aware UTC, or None.
        hits: How many requests it has met.
    """

    number: int
    fault: Fault
    until: datetime | None
    hits: int = 0

    def is_over(self, now: datetime) -> bool:
        """True once count or time is used up."""
        spent = self.fault.count is not None and self.hits >= self.fault.count
        return spent or (self.until is not None and now >= self.until)

    def fits(self, method: str, path: str, account: str | None) -> bool:
        """True if it is about such a request."""
        fault = self.fault
        return (
            path.startswith(fault.path)
            and fault.method in (None, method)
            and fault.account in (None, account)
        )


class FaultPlan:
    """The faults in force, in the order in which they were added."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 -- chance for tests, not for secrets
        self._active: list[ActiveFault] = []
        self._added = 0

    def add(self, fault: Fault, now: datetime) -> ActiveFault:
        """Put a fault in force."""
        self._added += 1
        until = None if fault.seconds is None else now + timedelta(seconds=fault.seconds)
        active = ActiveFault(self._added, fault, until)
        self._active.append(active)
        return active

    def clear(self) -> None:
        """End all faults."""
        self._active.clear()

    def active(self, now: datetime) -> list[ActiveFault]:
        """The faults that are not over."""
        self._active = [one for one in self._active if not one.is_over(now)]
        return list(self._active)

    def pick(self, method: str, path: str, account: str | None, now: datetime) -> Fault | None:
        """The first fault that meets this request, counted; or None."""
        for one in self.active(now):
            if one.fits(method, path, account) and self._random.random() < one.fault.probability:
                one.hits += 1
                return one.fault
        return None
