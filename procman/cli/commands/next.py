"""`procman next`: the ticks that come, in local time and UTC, and what daylight saving does to them."""

from __future__ import annotations

import heapq
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from procman.app import taskfiles
from procman.cli import answers, apps, complaints, stores, tables
from procman.core.schedule import instants, schedule, zones
from procman.core.schedule.durations import wording
from procman.core.schedule.instants import rfc3339
from procman.errors import Problem, StoreError, UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import tzinfo

    from procman.cli.options import Namespace
    from procman.cli.rows import Row
    from procman.core.schedule.schedule import Occurrence, Schedule
    from procman.core.tasks.task import Task

    T = TypeVar("T")

MARKS = {
    "moved": "moved: {:%H:%M} is skipped",
    "dropped": "dropped: {:%H:%M} is skipped",
    "second": "the second {:%H:%M}",
}


class Coming(NamedTuple):
    """One tick of one schedule; `zone` is the one it is shown in."""

    occurrence: Occurrence
    task: str | None
    schedule: Schedule
    zone: tzinfo
    paused: bool = False

    @property
    def row(self) -> Row:
        """As JSON has it; a tick that is dropped has no instant, only a time that no clock shows."""
        tick, dropped = self.occurrence.tick, self.occurrence.dst == "dropped"
        return {
            "task": self.task,
            "schedule": self.schedule.expression,
            "tick": None if dropped else rfc3339(tick.timestamp()),
            "local": (self.occurrence.local if dropped else tick.astimezone(self.zone)).isoformat(),
            "dst": self.occurrence.dst,
            "paused": self.paused,
        }


def run(options: Namespace) -> int:
    """List the next ticks of all tasks, of one, or of an expression. Raises `UserError`."""
    root = apps.root_of(options)
    # First, since it tells the mistakes of the file.
    tasks = apps.load_tasks(root) if options.expression is None else {}
    zone = taskfiles.zone(root)
    if options.zone is not None:
        zone = _read("--tz", zones.find, options.zone)
    since = datetime.now(UTC)
    if options.start is not None:
        since = _read("--from", lambda text: instants.parse(text, zone, since), options.start)
    chosen = _chosen(options, tasks, zone)
    paused = _paused(root) if options.expression is None else set()
    coming = _merged(chosen, since, None if options.zone is None else zone)
    ticks = [tick._replace(paused=tick.task in paused) for tick in _first(coming, options.number)]
    if options.json:
        answers.say_json([tick.row for tick in ticks])
    else:
        _show(chosen, ticks, since)
    return 0


def _paused(root: str) -> set[str]:
    """The tasks that are paused. Where that is not known, ticks are listed all the same, and it is told."""
    try:
        with stores.reading(root) as store:
            return {name for name, state in store.states().items() if state.paused} if store else set()
    except StoreError as error:
        complaints.tell(f"whether tasks are paused is not known: {error}")
        return set()


def _first(all_coming: Iterator[Coming], number: int) -> Iterator[Coming]:
    """So many ticks, and between them what a gap drops: of each schedule the first of it tells enough."""
    told = set()
    for each in all_coming:
        if each.occurrence.dst == "dropped":
            gap = each.schedule, each.occurrence.tick
            if gap in told:
                continue
            told.add(gap)
        else:
            number -= 1
        yield each
        if not number:
            return


def _chosen(options: Namespace, tasks: dict[str, Task], zone: tzinfo) -> list[tuple[str | None, Schedule]]:
    if options.expression is not None:
        return [(None, _read("--expr", lambda text: schedule.parse(text, zone), options.expression))]
    one = options.task is not None
    found = [stores.find(options.task, tasks, "next")] if one else tasks.values()
    return [(task.name, each) for task in found if task.enabled or one for each in task.schedules]


def _merged(
    chosen: list[tuple[str | None, Schedule]], since: datetime, zone: tzinfo | None
) -> Iterator[Coming]:
    def ticks(task: str | None, each: Schedule) -> Iterator[Coming]:
        return (Coming(found, task, each, zone or each.zone) for found in schedule.upcoming(each, since))

    return heapq.merge(*(ticks(*one) for one in chosen), key=lambda coming: coming.occurrence.tick)


def _show(chosen: list[tuple[str | None, Schedule]], ticks: list[Coming], since: datetime) -> None:
    for task, each in chosen if len(chosen) <= 3 else ():
        gap = schedule.shortest_gap(each, since)
        shortest = f"; at least {wording(gap)} apart" if gap else ""
        answers.say(f"{task or each.expression}: {each.wording}{shortest}")
    for task in sorted({tick.task for tick in ticks if tick.paused and tick.task}):
        answers.say(f"{task} is paused: its ticks are skipped until 'procman resume {task}'")
    if not ticks:
        answers.say("nothing comes")
        return
    answers.say("")
    columns = ("local time", "UTC", "task", "daylight saving")
    tables.show(*_without_empty(columns, [_cells(each) for each in ticks]))


def _cells(coming: Coming) -> tuple[str, ...]:
    tick, wall, dst = coming.occurrence.tick, coming.occurrence.local, coming.occurrence.dst
    mark = MARKS[dst].format(wall) if dst else ""
    if dst == "dropped":
        return f"{wall:%a %Y-%m-%d %H:%M:%S}", "-", coming.task or "", mark
    local = tick.astimezone(coming.zone)
    return f"{local:%a %Y-%m-%d %H:%M:%S %Z}", f"{tick:%Y-%m-%d %H:%M:%S}", coming.task or "", mark


def _without_empty(
    headings: tuple[str, ...], cells: list[tuple[str, ...]]
) -> tuple[list[str], list[list[str]]]:
    used = [number for number in range(len(headings)) if any(row[number] for row in cells)]
    return [headings[number] for number in used], [[row[number] for number in used] for row in cells]


def _read(option: str, read: Callable[[str], T], text: str) -> T:
    try:
        return read(text)
    except ValueError as error:
        raise UserError([Problem(option, None, str(error))]) from None
