"""recurring.yml of solid_queue."""

from __future__ import annotations

import pytest

from procman.errors import UserError
from tests.importing.ruby import imported, lost

RECURRING = """\
production:
  a_periodic_job:
    class: MyJob
    args: [ 42, { status: "custom_status" } ]
    schedule: every second
    priority: 2
  a_cleanup_task:
    command: "DeletedStuff.clear_all"
    schedule: every day at 9am
    description: Clears
  finished:
    command: "SolidQueue::Job.clear_finished_in_batches(sleep_between_batches: 0.3)"
    schedule: every hour at minute 12
    queue: x
development:
  x: {class: Y, schedule: every minute}
"""


def test_the_tasks_of_production() -> None:
    found = imported("solid_queue", RECURRING)
    assert found.tasks == {
        "a_periodic_job": {
            "command": "bin/rails runner"
            """ 'MyJob.set(priority: 2).perform_later(42, status: "custom_status")'""",
            "schedule": "every second",
            "missed": "skip",
        },
        "a_cleanup_task": {
            "command": "bin/rails runner 'DeletedStuff.clear_all'",
            "desc": "Clears",
            "schedule": "every day at 9am UTC",
            "missed": "skip",
            "overlap": "allow",
        },
        "finished": {
            "command": "bin/rails runner"
            " 'SolidQueue::Job.clear_finished_in_batches(sleep_between_batches: 0.3)'",
            "schedule": "12 * * * * UTC",
            "missed": "skip",
            "overlap": "allow",
        },
    }
    assert lost(found) == [
        "15: development: it is not carried over, as 'production' is",
        "14: finished: queue: the command runs in the task itself, not in a queue",
    ]


@pytest.mark.parametrize(
    ("args", "call"),
    [
        ("22", "J.perform_later(22)"),
        ("{a: 1}", "J.perform_later(a: 1)"),
        ("[{a: 1}, 2]", "J.perform_later({a: 1}, 2)"),
        ("[{}]", "J.perform_later({})"),
        ("~", "J.perform_later"),
    ],
)
def test_arguments(args: str, call: str) -> None:
    found = imported("solid_queue", f"a: {{class: J, schedule: '@daily UTC', args: {args}}}\n")
    assert found.tasks["a"]["command"] == f"bin/rails runner '{call}'"


def test_without_environments_all_are_tasks() -> None:
    found = imported("solid_queue", "a: {class: J, schedule: '*/5 * * * *'}\n")
    assert [*found.tasks] == ["a"]
    assert found.lost == []


def test_of_other_environments_the_first_is_taken() -> None:
    found = imported("solid_queue", "development:\n  a: {class: J, schedule: '*/5 * * * *'}\ntest:\n")
    assert [*found.tasks] == ["a"]


def test_code_in_several_lines_stays_so() -> None:
    text = "a:\n  schedule: every minute\n  command: |\n    puts 'a'\n    puts \"b\"\n"
    found = imported("solid_queue", text)
    assert found.tasks["a"]["command"] == "bin/rails runner 'puts '\"'\"'a'\"'\"'\nputs \"b\"'"


@pytest.mark.parametrize(
    ("job", "said"),
    [
        ("{schedule: every minute}", "neither class nor command"),
        ("{class: J}", "no schedule"),
        ("{class: J, schedule: every fortnight}", "no schedule that is read here"),
        ("{class: 'J; exit', schedule: every minute}", "no name of a class"),
    ],
)
def test_what_is_left_out_is_told(job: str, said: str) -> None:
    found = imported("solid_queue", f"\na: {job}\n")
    assert not found.tasks
    assert lost(found)[0].startswith("2: a: ")
    assert said in lost(found)[0]


def test_no_such_file_at_all() -> None:
    with pytest.raises(UserError):
        imported("solid_queue", "- 1\n")
