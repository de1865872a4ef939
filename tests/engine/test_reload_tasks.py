"""Other tasks while procman runs: what runs goes on, what waits comes under the new ones, no tick is lost."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from procman.core.config import taskfile
from tests.engine.timetable import Timetable

if TYPE_CHECKING:
    from procman.core.tasks.run import Run
    from procman.core.tasks.task import Task


def tasks(text: str) -> dict[str, Task]:
    lines = "\n".join(f"  {line}" for line in text.strip("\n").splitlines())
    return taskfile.parse(f"tasks:\n{lines}\n".encode(), "procman.yml", UTC).tasks


def reloaded(table: Timetable, text: str) -> Timetable:
    table.tasks = tasks(text)
    table.scheduler.reload(table.tasks)
    return table.settle()


def rows(table: Timetable) -> list[Run]:
    return sorted(table.store.history(), key=lambda run: run.id)


OFTEN = "{command: run, schedule: every 1 minute, overlap: queue}"


def test_a_new_task_has_its_ticks_and_a_removed_one_has_none() -> None:
    table = Timetable(f"a: {OFTEN}").start().at(2, 30)
    reloaded(table, f"b: {OFTEN}").at(5, 30)
    by_task = {name: [run.tick for run in rows(table) if run.task == name] for name in "ab"}
    assert [len(ticks) for ticks in by_task.values()] == [2, 3]


def test_another_schedule_counts_from_the_reload_on_and_no_tick_runs_twice() -> None:
    table = Timetable("a: {command: run, schedule: every 1 minute}").start().at(2, 30)
    before = [run.tick for run in rows(table)]
    reloaded(table, "a: {command: run, schedule: every 2 minutes}").at(8, 30)
    ticks = [run.tick for run in rows(table)]
    assert ticks[: len(before)] == before
    assert len(set(ticks)) == len(ticks)
    assert len(ticks) - len(before) == 3  # minutes 4, 6 and 8


def test_what_is_the_same_goes_on_as_if_nothing_had_been() -> None:
    table, other = (Timetable(f"a: {OFTEN}").start() for _ in range(2))
    for minute in (1.2, 2.0, 3.5):
        reloaded(table.at(minute), f"a: {OFTEN}")
    table.at(6, 30)
    other.at(6, 30)
    assert [run.tick for run in rows(table)] == [run.tick for run in rows(other)]


def test_reboot_is_no_word_for_a_reload() -> None:
    table = Timetable("a: {command: run, schedule: '@reboot'}").start().at(1)
    reloaded(table, "a: {command: run, schedule: '@reboot'}").at(3)
    reloaded(table, "b: {command: run, schedule: '@reboot'}").at(5)
    assert len(rows(table)) == 1


def test_reboot_that_has_not_been_yet_is_not_lost() -> None:
    table = Timetable("a: {command: run, schedule: '@reboot'}")
    table.scheduler.begin()
    while not table.scheduler.ticks._at_start:
        assert table.worker.work()
    reloaded(table, "a: {command: run, schedule: '@reboot'}").at(1)
    assert len(rows(table)) == 1


def test_a_run_goes_on_and_the_next_is_under_the_new_words() -> None:
    table = Timetable(f"a: {OFTEN}")
    table.takes["a"] = 90
    table.start().at(1, 5)
    assert len(table.children.pids) >= 1
    reloaded(table, "a: {command: new words, schedule: every 1 minute, overlap: queue}").at(4)
    outcomes = [str(run.outcome) for run in rows(table)]
    assert outcomes[:2] == ["ok", "ok"]
    assert table.children.commands[f"a.{rows(table)[1].id}"] == "new words"


def test_who_waits_for_a_task_that_is_gone_is_kept_until_it_is_back() -> None:
    table = Timetable(f"a: {OFTEN}")
    table.takes["a"] = 150
    table.start().at(2, 10)  # one runs, another waits for it
    reloaded(table, f"b: {OFTEN}").at(5, 30)
    waiting = table.store.jobs()
    assert [run.task for run in waiting] == ["a"]
    table.takes["a"] = 1
    reloaded(table, f"a: {OFTEN}")
    table.at(7, 30)
    again = {run.id: run for run in rows(table)}
    assert str(again[waiting[0].id].outcome) == "ok"


def test_who_waits_says_why() -> None:
    table = Timetable(f"a: {OFTEN}")
    table.takes["a"] = 150
    table.start().at(3, 10)
    assert table.scheduler.waiting() == {2: "a.1 is still running", 3: "a.2 comes first"}
    table.at(9, 10)
    assert 2 not in table.scheduler.waiting()


def test_what_has_happened_is_written_down_before_it_is_told() -> None:
    table = Timetable(f"a: {OFTEN}")
    table.takes["a"] = 30
    table.start().at(1, 10)
    table.children.leave("a.1")
    table.supervisor.child_exited(table.children.pids["a.1"], 0, None, table.clock.now)
    table.supervisor.processes.output_closed("a.1", table.clock.now)
    told: list[str] = []
    table.scheduler.write_down(lambda: told.extend(str(run.outcome) for run in rows(table)))
    while table.worker.work():
        pass
    assert told == ["ok"]
