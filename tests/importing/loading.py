"""What was imported, read again as procman reads an app."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from procman.core.config import processchecks, taskfile
from procman.core.plan import dotenv, procfile
from procman.importing import written

if TYPE_CHECKING:
    from collections.abc import Mapping

    from procman.core.config.taskfile import TaskFile
    from procman.core.plan.procfile import ProcessType
    from procman.importing.found import Found

ZONE = ZoneInfo("Europe/Berlin")


class App(NamedTuple):
    """The three files."""

    types: tuple[ProcessType, ...]
    said: TaskFile
    env: Mapping[str, str]


def loaded(found: Found) -> App:
    """The files that an import writes; raises `UserError`, or fails, for what `procman check` refuses."""
    texts = written.texts(found)
    types = procfile.parse(texts.procfile.encode(), "Procfile") if texts.procfile else ()
    said = taskfile.parse(texts.procman_yml.encode(), "procman.yml", ZONE)
    env = dotenv.parse(texts.env.encode(), ".env", {})
    names = [*(each.name for each in types), *found.settings]
    assert not processchecks.problems(said.processes, names, "procman.yml")
    assert not taskfile.clashes(said.tasks, names, "procman.yml")
    assert not env.doubts
    assert env.values == found.env
    return App(types, said, env.values)
