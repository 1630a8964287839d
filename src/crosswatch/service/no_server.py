"""Where webhooks come from a server that nobody can ask: what they say has to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from crosswatch.core.events import Account
from crosswatch.core.phrases import say
from crosswatch.errors import SourceAuthError, SourceNotFoundError

if TYPE_CHECKING:
    from datetime import datetime

    from crosswatch.core.events import SharedFile

SENTENCE = say("No address of that server is configured, so it is not asked.")


class NoServer:
    """Implements `core.ports.MetadataSource` by knowing nothing."""

    async def fetch_sessions(self) -> NoReturn:
        """Nobody may see what plays."""
        raise SourceAuthError(SENTENCE)

    async def fetch_media(self, rating_key: str) -> NoReturn:  # noqa: ARG002 -- the port's own signature
        """Nothing is known of any item."""
        raise SourceNotFoundError(SENTENCE)

    async def fetch_history(self, since: datetime) -> NoReturn:  # noqa: ARG002 -- the same
        """Nobody may read what was played."""
        raise SourceAuthError(SENTENCE)

    async def resolve_account(self, account_id: int) -> Account:
        """The bare number."""
        return Account(id=account_id or None)

    def known_account(self, account: Account) -> Account:
        """The account as it was named."""
        return account

    async def fetch_sole_viewer(self) -> None:
        """There is no token, so it shows nobody's plays."""

    async def fetch_counted_at_ms(self, shared: SharedFile) -> NoReturn:  # noqa: ARG002 -- the same
        """Nobody knows where it counts."""
        raise SourceAuthError(SENTENCE)

    async def fetch_poster(self, rating_key: str) -> NoReturn:  # noqa: ARG002 -- the same
        """There is no picture of any item."""
        raise SourceNotFoundError(SENTENCE)

    def forget(self, rating_key: str) -> None:
        """Nothing is cached."""
