"""recurring.yml of solid_queue: environments of Rails, and recurring tasks in them (its README)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from procman.core.config.yamltree import Mapping
from procman.errors import Problem, UserError
from procman.importing.ruby import erbyaml, values
from procman.importing.ruby import jobs as rubyjobs
from procman.importing.ruby.jobs import Call, Jobs, LeftOutError, Said

if TYPE_CHECKING:
    from procman.importing.found import Found

DIRECT = "the command runs in the task itself, not in a queue"


def read(data: bytes, source: str, found: Found) -> None:
    """Add its tasks. Raises `UserError` when it is no such file."""
    tree = erbyaml.read(data, source, found)
    if not isinstance(tree, Mapping):
        raise UserError(
            [Problem(source, tree.line, "it has no recurring tasks: keys and values are expected")]
        )
    jobs = Jobs(found)
    jobs.each(rubyjobs.of_environment(tree, found).entries.items(), lambda said: _task(said, jobs))
    jobs.tell()


def _task(said: Said, jobs: Jobs) -> None:
    schedule = jobs.cronish(said, "schedule")
    code = said.word("command")
    keys: dict[str, Any] = {}
    if said.has("class"):
        command = _call(said).command
    elif code is None:
        raise LeftOutError(said.line, "it has neither class nor command")
    else:
        command = partial(rubyjobs.runner, code.strip())
        keys = {"overlap": "allow"}  # as jobs of a queue may
    jobs.add(said, command, schedule, keys)
    said.rest({"queue": DIRECT, "priority": DIRECT, "args": "a command has no arguments"})


def _call(said: Said) -> Call:
    """A hash at the end of the arguments is keywords; all keys are symbols (RecurringTask of solid_queue)."""
    value: Any = values.with_symbols(said.value("args"))
    args = value if isinstance(value, list) else [] if value is None else [value]
    keywords = args[-1] if args and isinstance(args[-1], dict) else {}
    options = {"queue": said.maybe(said.word, "queue"), "priority": said.maybe(said.value, "priority")}
    return Call(said.class_("class"), "perform_later", args[:-1] if keywords else args, keywords, options)
