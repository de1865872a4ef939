"""Who has a run where several hosts share a store, and whether that one lives: each owner has a lease."""

from __future__ import annotations

import os
import socket
import uuid
from typing import TYPE_CHECKING

from procman.core.tasks.instance import Instance
from procman.host import identity

if TYPE_CHECKING:
    from collections.abc import Collection


class Leases:
    """This procman as an owner, and the others. Who lives is learned from the store (`look`)."""

    def __init__(self, version: str, started_at: float, labels: tuple[str, ...] = ()) -> None:
        host = socket.gethostname()
        self.owner = f"{uuid.uuid4().hex[:12]}@{host}"
        self.instance = Instance(self.owner, host, os.getpid(), version, started_at, labels)
        self._living: set[str] = set()

    def look(self, living: Collection[str]) -> None:
        """These live, as the store says."""
        self._living = {*living}

    def hold(self) -> None:
        """The lease is renewed all the time."""

    def identity(self, pid: int) -> str | None:
        """The lasting name of a child."""
        return identity.identity(pid)

    def owner_lives(self, owner: str) -> bool:
        """Whether the lease of a procman has not run out."""
        return owner == self.owner or owner in self._living

    def child_lives(self, name: str | None, owner: str) -> bool | None:
        """Whether the child of a run lives; of another host that is known with its procman only.

        A procman whose lease has run out has been silent for so long that its guardian has stopped all.
        """
        if name is not None and not identity.of_another_boot(name):
            return identity.lives(name)
        return None if self.owner_lives(owner) else False
