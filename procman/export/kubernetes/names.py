"""Names that Kubernetes takes: labels of DNS (RFC 1035), for a Service has to be one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from procman.export.containers.yamldump import Row
from procman.export.plan import Note

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

LONGEST = 63
LONGEST_CRONJOB = 52
"""Its Jobs have 11 more (CronJob v1 API)."""
LETTER = "x-"
SCHEDULER, ENVIRONMENT = "scheduler", "environment"


class Names(NamedTuple):
    """Of the app, its process types and its tasks; objects are called by both, as `shop-web`."""

    app: str
    types: Mapping[str, str]
    tasks: Mapping[str, str]
    scheduler: str = SCHEDULER
    environment: str = ENVIRONMENT

    def object(self, part: str) -> str:
        """What the object of a type or task is called."""
        return f"{self.app}-{part}"

    def labels(self, part: str) -> Row:
        """What tells its pods from all others (Recommended Labels)."""
        return Row({"app.kubernetes.io/name": self.app, "app.kubernetes.io/component": part})


def of(app: str, types: Iterable[str], tasks: Iterable[str]) -> Names:
    """Names for all, no two the same."""
    known = label(app, LONGEST_CRONJOB // 2)
    taken: set[str] = set()

    def free(text: str, longest: int = LONGEST) -> str:
        found = _free(text, longest - len(known) - 1, taken)
        taken.add(found)
        return found

    of_types = {name: free(name) for name in types}
    of_tasks = {name: free(name, LONGEST_CRONJOB) for name in tasks}
    return Names(known, of_types, of_tasks, free(SCHEDULER), free(ENVIRONMENT))


def label(text: str, longest: int = LONGEST) -> str:
    """Small letters, digits and `-`, with a letter first."""
    found = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    if not found[:1].isalpha():
        found = f"{LETTER}{found}"
    return found[:longest].strip("-")


def _free(text: str, longest: int, taken: set[str]) -> str:
    found, number = label(text, longest), 1
    while found in taken:
        number += 1
        found = f"{label(text, longest - len(str(number)) - 1)}-{number}"
    return found


def notes(names: Names, app: str) -> Iterator[Note]:
    """One for each name that had to change."""
    if names.app != app:
        yield Note("", app, f"is called {names.app} there")
    for name, part in (*names.types.items(), *names.tasks.items()):
        if part != name:
            yield Note(name, name, f"is called {names.object(part)} there")
