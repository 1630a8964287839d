"""What the web needs of the rest of the house; the runtime satisfies it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from crosswatch.access.desk import AccessDesk
    from crosswatch.clock import Clock
    from crosswatch.config.file import ConfigFile
    from crosswatch.core.events import Account, Media, PlayId
    from crosswatch.core.facts import WebhookFact
    from crosswatch.core.people import Rules
    from crosswatch.core.ports import Ledger, MetadataSource
    from crosswatch.examining import Examiner
    from crosswatch.linking.desk import LinkingDesk
    from crosswatch.logs import LogHub
    from crosswatch.providers.anime.lists import SourceStatus
    from crosswatch.service.corrections import Corrections
    from crosswatch.service.memory import Known
    from crosswatch.service.webhooks import Receipt
    from crosswatch.upkeep.keeper import Upkeep


class RuntimeLike(Protocol):
    """The running app.

    Attributes:
        config: The configuration in force.
        logs: The lines it writes.
        ledger: Plays and deliveries. Reads may raise `StorageError`.
        clock: What time it is here.
        access: Who may come in.
    """

    @property
    def config(self) -> ConfigFile:  # noqa: D102 -- see above
        ...

    @property
    def logs(self) -> LogHub:  # noqa: D102 -- see above
        ...

    @property
    def ledger(self) -> Ledger:  # noqa: D102 -- see above
        ...

    @property
    def clock(self) -> Clock:  # noqa: D102 -- see above
        ...

    @property
    def access(self) -> AccessDesk:  # noqa: D102 -- see above
        ...

    @property
    def upkeep(self) -> Upkeep:
        """What looks after the app: checks, notices, backups, sums."""

    async def start(self) -> None:
        """Load the configuration, open the database, deliver, and watch if `features.watch.enabled`."""

    async def stop(self) -> None:
        """Stop it all, in less than 2 s; nothing that was acknowledged is lost."""

    def watch_status(self) -> dict[str, Any]:
        """How watching stands.

        Returns:
            `has_watch`, `alive` and `stop_set` as the hand-over says; beside them `connected` (all servers),
            `problem` (a sentence or empty), `last_frame_at` (aware or None) and `servers`: for each at least
            its `name`, `address`, `server_uuid`, `connected`, `since` (of the connection, or None),
            `last_frame_at` and `problem`; and `webhooks`: for each server that sent some its `name`,
            `server_uuid`, `last_heard_at`, `last_event`, and how many were `received` and `ignored`.
        """

    async def start_watch(self) -> bool:
        """Watch from now on; whether the watcher is alive."""

    async def stop_watch(self) -> None:
        """Close the sockets and watch no more."""

    async def receive_webhook(self, fact: WebhookFact) -> Receipt:
        """Take in a webhook whose sender may send it; it is written down when this comes back.

        Raises:
            StorageError: While there is no database.
        """

    def sink_status(self) -> list[dict[str, Any]]:
        """For each sink account that plays go to: `name`, `ok`, `reason`, `sentence` and some moments.

        `reason` is empty where the account is fine, or where it only takes time. The moments, aware UTC or
        None: when the link ends (`expires_at`), when it was renewed (`renewed_at`), when the sink last took
        it (`last_ok_at`).
        """

    def rules(self) -> Rules:
        """Whose plays count now, and for whom."""

    def known_accounts(self) -> dict[str, list[Account]]:
        """Everybody whom each watched server knows, by its `machineIdentifier`."""

    async def recall(self, media: Media) -> Known:
        """What is known of an item before a sink is asked.

        Raises:
            StorageError: While there is no database.
        """

    def source_of(self, server: str) -> MetadataSource | None:
        """The watched server of that `machineIdentifier`, to be asked; None if it is not watched."""

    @property
    def examiner(self) -> Examiner:
        """What tries everything that a play needs.

        Raises:
            StorageError: While there is no database.
        """

    @property
    def linking(self) -> LinkingDesk:
        """Where accounts are linked."""

    @property
    def corrections(self) -> Corrections:
        """What a person may do about plays and matches.

        Raises:
            StorageError: While there is no database.
        """

    def anime_status(self) -> tuple[SourceStatus, ...]:
        """How each list of anime stands."""

    async def refresh_anime(self) -> tuple[SourceStatus, ...]:
        """Read the lists of anime anew; how they stand then."""

    def changes(self) -> AsyncIterator[PlayId | None]:
        """Each play that changes from now on, or None for anything else; ends with the app."""
