"""What procman.yml says of processes, where it meets the system: folders, files, users."""

from __future__ import annotations

import os
from functools import partial

from procman.app import accounts, reading
from procman.app.reading import Mistakes
from procman.core.config import processchecks
from procman.core.plan import dotenv
from procman.core.plan.plan import is_own
from procman.errors import Problem, UserError
from procman.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from procman.core.config.processfile import ProcessSettings, Written
    from procman.core.plan.policies import Account, Policies

NO_VARIABLES: dict[str, str] = {}


class Place(NamedTuple):
    """Where an app is read: its folder, its procman.yml as people call it, and the environment of all."""

    root: str
    source: str
    environment: Mapping[str, str]
    outer: Collection[str] = ()
    """Variables of the real environment, if that wins over files."""
    whole: bool = True
    """Whether all that the file says could be read: if not, what does not fit together is no mistake yet."""


class Found(NamedTuple):
    """Policies by process type, and what is probably not meant so in environment files."""

    policies: dict[str, Policies]
    doubts: tuple[str, ...]


def of(said: Mapping[str, ProcessSettings], types: Collection[str], place: Place) -> Found:
    """Of all types that the file speaks of. Without `types` it is not known what is missing: the Procfile has
    mistakes, or there is none. Raises `UserError` with all mistakes."""
    mistakes = Mistakes()
    if types:
        mistakes.problems += processchecks.problems(said, types, place.source, place.whole)
    each = [_Type(name, settings, place) for name, settings in said.items()]
    found = {one.name: one.policies(mistakes) for one in each}
    if mistakes.problems:
        raise UserError(
            sorted(mistakes.problems, key=lambda each: (each.source != place.source, each.line or 0))
        )
    return Found(found, tuple(doubt for one in each for doubt in one.doubts))


class _Type:
    def __init__(self, name: str, said: ProcessSettings, place: Place) -> None:
        self.name = name
        self.said = said
        self.place = place
        self.doubts: list[str] = []

    def policies(self, mistakes: Mistakes) -> Policies:
        """All of them."""
        env: dict[str, str] = {}
        for file in self.said.env_files:
            env |= mistakes.gather(partial(self.variables, file, env), NO_VARIABLES)
        cwd = mistakes.gather(self.folder, None)
        account = mistakes.gather(self.account, None)
        return self.said.policies._replace(cwd=cwd, env={**env, **self.said.policies.env}, account=account)

    def variables(self, file: Written, before: Mapping[str, str]) -> dict[str, str]:
        """Those of an environment file. What tells a process who it is, such as PORT, no file changes."""
        path = os.path.relpath(os.path.join(self.place.root, os.path.expanduser(file.text)))
        try:
            data = reading.read(path, "env_file")
        except UserError as error:
            raise self.wrong("env_file", str(error), file.line) from None
        known = {**self.place.environment, **before}
        found = dotenv.parse(data, path, known, bool(self.place.outer))
        self.doubts += map(str, found.doubts)
        return {
            key: value
            for key, value in found.values.items()
            if key not in self.place.outer and not is_own(key)
        }

    def folder(self) -> str | None:
        """The folder it runs in, absolute; None for the app's."""
        if self.said.cwd is None:
            return None
        path = os.path.normpath(os.path.join(self.place.root, os.path.expanduser(self.said.cwd)))
        if not os.path.isdir(path):
            raise self.wrong("cwd", f"no such folder: {path}", self.said.lines["cwd"])
        return path

    def account(self) -> Account | None:
        """Whom it runs as; None for who runs procman."""
        key = "user" if self.said.user is not None else "group"
        try:
            return accounts.of(self.said.user, self.said.group)
        except ValueError as error:
            raise self.wrong(key, str(error), self.said.lines[key]) from None

    def wrong(self, key: str, text: str, line: int) -> UserError:
        """A mistake in what the file says."""
        return UserError([Problem(self.place.source, line, f"processes: {self.name}: {key}: {text}")])
