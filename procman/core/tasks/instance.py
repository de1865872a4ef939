"""A procman that shares a store with others, as these see it."""

from __future__ import annotations

from procman.typed import NamedTuple

LEASE_SECONDS = 30.0
"""Who has not renewed its lease for so long is dead: others close its runs, and may run them again."""


class Renewal(NamedTuple):
    """Of a lease: when it was sent (monotonic); seconds by which our clock is ahead of the store's; and how
    long the store had not heard of us before, by its clock: for ever, if it knew nothing of us.

    `due`: whether a look at what is pending may find something before long; `orphaned`: whether there are
    open runs that nobody has any more.
    """

    sent: float
    ahead: float
    silent: float = 0.0
    due: bool = True
    orphaned: bool = True


class Instance(NamedTuple):
    """`name` is that of an owner of runs. Times in UTC seconds; `silent` is how long ago it was heard last,
    `clock_ahead` by how much its host's clock is ahead of the store's. `runs` are the numbers of those
    that are there, as it says itself; what others see of that is how many are `running`."""

    name: str
    host: str
    pid: int
    version: str
    started_at: float
    labels: tuple[str, ...] = ()
    running: int = 0
    silent: float = 0.0
    clock_ahead: float = 0.0
    runs: tuple[int, ...] = ()

    @property
    def lives(self) -> bool:
        """Whether it is not taken for dead."""
        return self.silent < LEASE_SECONDS
