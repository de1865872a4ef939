"""The schedule of sidekiq-cron: jobs by name, or a list of them (its README, and lib/sidekiq/cron/job.rb)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from procman.core.config.yamltree import Entry, Mapping, Scalar, Sequence
from procman.errors import Problem, UserError
from procman.importing.reading import jsonlines
from procman.importing.ruby import erbyaml, values
from procman.importing.ruby.jobs import KIND, NOW, OFF, Call, Jobs, LeftOutError, Said

if TYPE_CHECKING:
    from collections.abc import Iterator

    from procman.core.config.yamltree import Node
    from procman.importing.found import Found

UNSAID = {
    "namespace": "tasks have no groups: take the name into theirs",
    "queue_name_prefix": "say it in Rails: config.active_job.queue_name_prefix",
    "queue_name_delimiter": "say it in Rails: config.active_job.queue_name_delimiter",
    "message": "the class and its arguments are enough",
    "source": "a task is always that of procman.yml",
    "every": "sidekiq-cron has no such key: is it a file of sidekiq-scheduler?",
    "retry": "in Active Job the class says it: retry_on",
}
TRUE = ("true", "t", "yes", "y", "1")


def read(data: bytes, source: str, found: Found) -> None:
    """Add its jobs as tasks. Raises `UserError` when it is no such schedule."""
    jobs = Jobs(found)
    jobs.each(_named(erbyaml.read(data, source, found), source), lambda said: _job(said, jobs))
    jobs.tell()


def _named(tree: Node, source: str) -> Iterator[tuple[str, Entry]]:
    if isinstance(tree, Mapping):
        yield from tree.entries.items()
    elif isinstance(tree, Sequence):
        for item in tree.items:
            name = item.entries.get("name") if isinstance(item, Mapping) else None
            text = name.value.text if name and isinstance(name.value, Scalar) else "a job without a name"
            yield text, Entry(item.line, item)
    else:
        raise UserError(
            [Problem(source, tree.line, "it is no schedule: jobs are expected, by name or in a list")]
        )


def _job(said: Said, jobs: Jobs) -> None:
    said.take("name")
    schedule = jobs.cronish(said, "cron")
    class_ = said.class_("klass", "class")
    active = said.take("active_job")
    is_active = isinstance(active, Entry) and _is_true(active)
    if active is None:
        jobs.note(KIND)
    args = values.through_json(_args(said))
    if _is_true(said.take("symbolize_args")):
        args = [_with_symbols(each) for each in args]
    if _is_true(said.take("date_as_argument")):
        args.append(NOW)
    options = {"queue": said.maybe(said.word, "queue")}
    if not is_active:
        options["retry"] = said.maybe(said.value, "retry")
    call = Call(class_, "perform_later" if is_active else "perform_async", args, {}, options)
    enabled = (said.maybe(said.word, "status") or "enabled") == "enabled"
    jobs.add(said, call.command, schedule, {} if enabled else OFF)
    said.rest(UNSAID)


def _is_true(entry: Entry | None) -> bool:
    return entry is not None and isinstance(entry.value, Scalar) and entry.value.text.lower() in TRUE


def _args(said: Said) -> list[Any]:
    """Arguments one by one: a text may be JSON of them, and anything but a list is the only one."""
    value = said.value("args")
    if isinstance(value, str):
        try:
            tree = jsonlines.parse(value.encode(), "args")
        except UserError:
            return [value]
        value = _of_json(said, tree)
        if not isinstance(value, list):
            raise LeftOutError(said.line, "args: it is JSON, but no list")
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _of_json(said: Said, tree: Node) -> Any:
    try:
        return values.of(tree)
    except ValueError as error:
        raise LeftOutError(said.at, f"args: {error}") from None


def _with_symbols(value: Any) -> Any:
    """The keys of the hash itself, not of those within it."""
    if isinstance(value, dict):
        return {values.Symbol(key): each for key, each in value.items()}
    return value
