"""A desk at which nothing is linked: it says who is what, and what accounts are called, as a test wants."""

from __future__ import annotations

from crosswatch.errors import LoginError


class FakeDesk:
    """As much of `crosswatch.linking.desk.LinkingDesk` as pages ask that only show."""

    def __init__(self, members=(), names=None):
        self.members = list(members)
        self.names = names or {}
        self.problem = ""

    async def fetch_people(self):
        if self.problem:
            raise LoginError(self.problem)
        return self.members

    async def name_at_trakt(self, account):
        return self.names.get(account, "")
