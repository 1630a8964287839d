"""The delivery workers: one task for each sink account, kept alive."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from crosswatch.clock import Clock
    from crosswatch.core.plays import SinkAccount
    from crosswatch.service.delivery import AccountWorker

RESTART_AFTER_S = 5.0

log = logging.getLogger("crosswatch.trakt")


class DeliveryWorkers:
    """All workers of this process.

    Args:
        make: Makes the worker of an account.
        clock: Tells the time.
    """

    def __init__(self, make: Callable[[SinkAccount], AccountWorker], *, clock: Clock) -> None:
        self._make = make
        self._clock = clock
        self._workers: dict[SinkAccount, AccountWorker] = {}
        self._tasks: dict[SinkAccount, asyncio.Task[None]] = {}

    def ensure(self, accounts: Iterable[SinkAccount]) -> None:
        """Have a worker for each of these accounts; those that there are go on."""
        for account in accounts:
            if account not in self._workers:
                worker = self._workers[account] = self._make(account)
                self._tasks[account] = asyncio.create_task(self._keep(worker), name=f"deliver {account}")

    def wake(self, account: SinkAccount) -> None:
        """The account has something new to know."""
        self.ensure((account,))
        self._workers[account].wake()

    def unblock(self) -> None:
        """The configuration changed, and with it perhaps what kept accounts from being used."""
        for worker in self._workers.values():
            worker.unblock()

    def worker(self, account: SinkAccount) -> AccountWorker | None:
        """The worker of the account, if there is one."""
        return self._workers.get(account)

    async def stop(self) -> None:
        """End all workers; a request under way is cut off, and its lease tells the next start."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        self._tasks.clear()
        self._workers.clear()

    async def _keep(self, worker: AccountWorker) -> None:
        while True:
            try:
                await worker.run()
            except Exception:
                log.exception("%s: delivering failed; it goes on in a moment", worker.account)
                await self._clock.sleep(RESTART_AFTER_S)
