"""The schedule of sidekiq-scheduler, in sidekiq.yml or in a file of its own (its README, and lib/)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from procman.core.config.yamltree import Mapping, Scalar, Sequence
from procman.errors import Problem, UserError
from procman.importing.ruby import erbyaml, fugit, values
from procman.importing.ruby.jobs import KIND, NOW, OFF, Call, Jobs, LeftOutError, Said

if TYPE_CHECKING:
    from procman.core.config.yamltree import Entry
    from procman.importing.found import Found

KINDS = ("cron", "every", "at", "in", "interval")
"""As it looks for them: the first that is there counts."""
UNSAID = {
    "rails_env": "it is scheduled in every environment",
    "first_in": "the first tick is the next multiple of the interval",
}
UNSAID_OF_ALL = {
    "dynamic": "the schedule is that of procman.yml; 'procman reload' reads it again",
    "dynamic_every": "'procman reload' reads procman.yml again",
    "listened_queues_only": "all jobs are scheduled, whatever queues there are",
    "rufus_scheduler_options": "procman does not schedule with rufus-scheduler",
}
OF_SIDEKIQ = "it is an option of sidekiq itself, which still reads it: run sidekiq by a line of the Procfile"
PHASE = (
    "'every' and 'interval' count from the start of sidekiq, a task's from midnight UTC: the phase is another"
)


def read(data: bytes, source: str, found: Found) -> None:
    """Add its jobs as tasks. Raises `UserError` when it is no such file."""
    tree = erbyaml.read(data, source, found)
    if not isinstance(tree, Mapping):
        raise UserError([Problem(source, tree.line, "it is no schedule: keys and values are expected")])
    schedule, enabled = _schedule(tree, found)
    jobs = Jobs(found)
    jobs.each(schedule.items(), lambda said: _job(said, jobs, enabled))
    jobs.tell()


def _schedule(tree: Mapping, found: Found) -> tuple[dict[str, Entry], bool]:
    """The jobs, and whether they are on. What stands beside them is told."""
    entries = _bare(tree)
    scheduler = entries.pop("scheduler", None)
    inner = _bare(scheduler.value) if scheduler and isinstance(scheduler.value, Mapping) else {}
    if "schedule" not in inner and "schedule" not in entries and scheduler is None:
        return entries, True
    schedule = inner.pop("schedule", None) or entries.pop("schedule", None)
    on = inner.pop("enabled", None) or entries.pop("enabled", None)
    for name, entry in [*inner.items(), *entries.items()]:
        found.lose(entry.line, f"{name}: {UNSAID_OF_ALL.get(name, OF_SIDEKIQ)}")
    jobs = _bare(schedule.value) if schedule and isinstance(schedule.value, Mapping) else {}
    return jobs, not (on and isinstance(on.value, Scalar) and on.value.text == "false")


def _bare(tree: Mapping) -> dict[str, Entry]:
    return {key.removeprefix(":"): entry for key, entry in tree.entries.items()}


def _job(said: Said, jobs: Jobs, enabled: bool) -> None:
    schedule = _when(said, jobs)
    class_ = said.class_("class") if said.has("class") else said.class_of_name()
    call = _call(said, class_)
    if call.verb == "perform_async":
        jobs.note(KIND)
    on = said.maybe(said.word, "enabled") != "false" and enabled
    jobs.add(said, call.command, schedule, {} if on else OFF)
    said.rest(UNSAID)


def _when(said: Said, jobs: Jobs) -> str | None:
    kind = next((each for each in KINDS if said.has(each)), None)
    if kind is None:
        raise LeftOutError(said.line, f"it has none of {', '.join(KINDS)}")
    text = _text(said, kind)
    if kind == "in":
        said.lose(f"in: {text}: it has no schedule here: 'procman run task NAME --in {text}' runs it once")
        return None
    if kind == "cron":
        return jobs.schedule(said, kind, lambda: fugit.cronish(text))
    if kind == "at":
        return jobs.schedule(said, kind, lambda: fugit.once(text))
    jobs.note(PHASE)
    return jobs.schedule(said, kind, lambda: fugit.Read(fugit.interval(text), assumed=False))


def _text(said: Said, kind: str) -> str:
    """The schedule itself; options in a list with it are told."""
    entry = said.take(kind)
    if entry and isinstance(entry.value, Sequence) and entry.value.items:
        value, *options = entry.value.items
        for each in options:
            for key in each.entries if isinstance(each, Mapping) else ("its second value",):
                name = key.removeprefix(":")
                said.lose(f"{kind}: {name}: {UNSAID.get(name, 'it has no counterpart')}", each.line)
    else:
        value = entry.value if entry else Scalar("", said.line)
    if not isinstance(value, Scalar) or values.CODE in value.text:
        raise LeftOutError(value.line, f"{kind}: it is no plain text")
    return value.text


def _call(said: Said, class_: str) -> Call:
    """A hash of arguments is keywords, which only Active Job takes; metadata come last."""
    args: Any = values.through_json(said.value("args"))
    more = [{"scheduled_at": NOW}] if said.maybe(said.word, "include_metadata") == "true" else []
    options = {"queue": said.maybe(said.word, "queue")}
    if not isinstance(args, dict):
        given = args if isinstance(args, list) else [] if args is None else [args]
        return Call(class_, "perform_async", [*given, *more], {}, options)
    if more:
        return Call(class_, "perform_later", [values.with_symbols(args), *more], {}, options)
    return Call(class_, "perform_later", [], args, options)
