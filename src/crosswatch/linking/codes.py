"""What a person is shown who is to link an account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from crosswatch.providers.scrobble.trakt.login import DeviceCode


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCode:
    """A code, and where it is used.

    Attributes:
        user_code: To be typed.
        url: Where.
        direct_url: Where nothing has to be typed; for links and QR codes.
        expires_at: Until when, aware UTC.
    """

    user_code: str
    url: str
    direct_url: str
    expires_at: datetime


def trakt_code(code: DeviceCode) -> ShownCode:
    """What Trakt gave, without what is ours alone."""
    return ShownCode(
        user_code=code.user_code,
        url=code.verification_url,
        direct_url=code.direct_url,
        expires_at=code.expires_at,
    )
