"""Why a neighbour cannot be asked, said to somebody who is setting things up."""

from __future__ import annotations

import errno
from enum import StrEnum
from typing import TYPE_CHECKING

import aiohttp

from crosswatch.core.phrases import say
from crosswatch.errors import SourceNotFoundError

if TYPE_CHECKING:
    from crosswatch.errors import SourceError

PLEX_DIRECT = ".plex.direct"


class Cause(StrEnum):
    """What stands behind an error of Plex's."""

    NAME = "name"
    """The host's name cannot be looked up."""
    REFUSED = "refused"
    """Nothing listens there."""
    SLOW = "slow"
    """Nothing has answered in time."""
    CERTIFICATE = "certificate"
    """Nobody vouches for the certificate."""
    STRANGER = "stranger"
    """Something answers that does not know what was asked for."""
    OTHER = "other"


def cause_of(error: SourceError) -> Cause:
    """What stands behind the error, by what the HTTP library said."""
    match error.__cause__:
        case aiohttp.ClientConnectorDNSError():
            return Cause.NAME
        case aiohttp.ClientConnectorCertificateError():
            return Cause.CERTIFICATE
        case aiohttp.ClientConnectorError() as refused if refused.os_error.errno == errno.ECONNREFUSED:
            return Cause.REFUSED
        case TimeoutError():
            return Cause.SLOW
        case _ if isinstance(error, SourceNotFoundError):
            return Cause.STRANGER
        case _:
            return Cause.OTHER


def tell_plex_tv(error: SourceError, *, in_container: bool) -> str:
    """The sentence about plex.tv."""
    if cause_of(error) is not Cause.NAME:
        return error.sentence
    who = say("This container") if in_container else say("This machine")
    return say("{who} can't look up plex.tv (DNS). Check its DNS setting, then try again.", who=who)
