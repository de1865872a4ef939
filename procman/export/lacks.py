"""What an app says that a target has no word for. Each format has tables of such keys, with what comes
instead; here they meet what procman.yml really says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from procman.core.config import policyrows
from procman.core.config.probekeys import DEFAULTS, PROBES
from procman.core.plan.policies import FOREMAN
from procman.core.schedule.durations import wording
from procman.core.tasks.task import Task
from procman.export.plan import Note

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from procman.core.plan.policies import Policies

TASK_TIMES = ("grace", "timeout", "retry_delay", "jitter", "keep_for", "keep_keys")
SCHEDULE = "schedule"
_USUAL_TASK = Task("", "")


def of_type(name: str, policies: Policies, lacks: Mapping[str, str]) -> Iterator[Note]:
    """A note for each key of a process type that is in `lacks`: `watch`, or `ready: log` below another."""
    for key, value in said_of_type(policies).items():
        if key in lacks:
            yield Note(name, key if _is_long(value) else f"{key}: {value}", lacks[key])


def of_task(task: Task, lacks: Mapping[str, str]) -> Iterator[Note]:
    """The same of a task."""
    for key, value in said_of_task(task).items():
        if key in lacks:
            yield Note(task.name, key if _is_long(value) else f"{key}: {value}", lacks[key])


def of_probe(name: str, text: str) -> dict[str, str]:
    """A table with each key below `ready` or `alive`, for who asks no process how it is."""
    return {f"{name}: {key}": text for key in PROBES[name]}


def said_of_type(policies: Policies) -> dict[str, str]:
    """What is not as it would be without procman.yml: by key, with the value in words."""
    usual = policyrows.as_json(FOREMAN._replace(ready=DEFAULTS["ready"], alive=DEFAULTS["alive"]))
    said: dict[str, str] = {}
    for key, value in policyrows.as_json(policies).items():
        if isinstance(value, dict) and key != "depends_on":
            said |= _below(key, value, usual[key])
        elif value != policyrows.as_json(FOREMAN)[key]:
            said[key] = policyrows.words(key, value)
    return said


def said_of_task(task: Task) -> dict[str, str]:
    """The same of a task; not its command, which every target has."""
    said = {SCHEDULE: task.expression} if task.schedules else {}
    for field in Task._fields:
        value = getattr(task, field)
        if field not in ("name", "command", "line", "schedules") and value != getattr(_USUAL_TASK, field):
            said[field] = _in_words(field, value)
    return said


def _below(key: str, value: Mapping[str, Any], usual: Mapping[str, Any]) -> dict[str, str]:
    return {
        f"{key}: {each}": policyrows.words(each, found)
        for each, found in value.items()
        if found != usual.get(each)
    }


def _in_words(field: str, value: Any) -> str:
    if field in TASK_TIMES:
        return wording(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is_long(text: str) -> bool:
    return len(text) > 40 or "\n" in text


def unique(notes: Iterable[Note]) -> tuple[Note, ...]:
    """Each note once, in the order of their first."""
    return tuple(dict.fromkeys(notes))
