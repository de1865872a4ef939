"""sidekiq-scheduler's schedule, in sidekiq.yml or alone."""

from __future__ import annotations

import pytest

from procman.errors import UserError
from procman.importing.ruby.sidekiqscheduler import OF_SIDEKIQ, PHASE
from tests.importing.ruby import imported, lost

SIDEKIQ_YML = """\
:concurrency: 5
:queues:
  - default
:scheduler:
  :dynamic: false
  :schedule:
    CancelAbandonedOrders:
      cron: "*/5 * * * *"
    clear:
      every: ["30s", {first_in: 120s}]
      class: Clear
      queue: daemons
      args: contributors
      description: Clears the board
    hello:
      cron: "0 9 * * * Europe/Paris"
      class: Hello
      args: [1]
      include_metadata: true
      enabled: false
    once:
      at: "2030/12/12 23:30:00 UTC"
      class: Once
"""


def test_the_schedule_within_sidekiq_yml() -> None:
    assert imported("sidekiq-scheduler", SIDEKIQ_YML).tasks == {
        "CancelAbandonedOrders": {
            "command": "bin/rails runner 'CancelAbandonedOrders.perform_async'",
            "schedule": "*/5 * * * *",
            "missed": "skip",
        },
        "clear": {
            "command": """bin/rails runner 'Clear.set(queue: "daemons").perform_async("contributors")'""",
            "desc": "Clears the board",
            "schedule": "every 30s",
            "missed": "skip",
        },
        "hello": {
            "command": """bin/rails runner 'Hello.perform_async(1, {"scheduled_at" => Time.now.to_f})'""",
            "schedule": "0 9 * * * Europe/Paris",
            "missed": "skip",
            "enabled": False,
        },
        "once": {
            "command": "bin/rails runner 'Once.perform_async'",
            "schedule": "at 2030-12-12 23:30:00 UTC",
            "missed": "skip",
        },
    }


def test_what_is_of_sidekiq_itself_is_told() -> None:
    found = imported("sidekiq-scheduler", SIDEKIQ_YML)
    assert f"1: concurrency: {OF_SIDEKIQ}" in lost(found)
    assert f"2: queues: {OF_SIDEKIQ}" in lost(found)
    assert any(line.startswith("5: dynamic: ") for line in lost(found))
    assert any(line.startswith("10: clear: every: first_in: ") for line in lost(found))
    assert PHASE in [problem.text for problem in found.lost]


@pytest.mark.parametrize(
    "text",
    [
        "schedule:\n  a: {cron: '@daily UTC', class: A}\n",
        ":schedule:\n  a: {cron: '@daily UTC', class: A}\n",
        "a: {cron: '@daily UTC', class: A}\n",
    ],
)
def test_the_schedule_elsewhere(text: str) -> None:
    assert [*imported("sidekiq-scheduler", text).tasks] == ["a"]


def test_when_the_scheduler_is_off_all_tasks_are() -> None:
    text = ":scheduler:\n  :enabled: false\n  :schedule:\n    a: {cron: '@daily UTC', class: A}\n"
    assert imported("sidekiq-scheduler", text).tasks["a"]["enabled"] is False


def test_a_hash_of_arguments_is_keywords_of_active_job() -> None:
    text = "a: {cron: '@daily UTC', class: A, args: {x: 1, y: {z: 2}}}\n"
    found = imported("sidekiq-scheduler", text)
    assert found.tasks["a"]["command"] == "bin/rails runner 'A.perform_later(x: 1, y: {z: 2})'"
    assert found.lost == []


def test_what_has_no_schedule_here_can_be_run_by_hand() -> None:
    found = imported("sidekiq-scheduler", "a: {in: 10m, class: A}\n")
    assert found.tasks == {"a": {"command": "bin/rails runner 'A.perform_async'"}}
    assert "procman run task NAME --in 10m" in lost(found)[0]


@pytest.mark.parametrize(
    ("job", "said"),
    [
        ("{every: 1M, class: A}", "no fixed length"),
        ("{class: A}", "none of cron"),
        ("{cron: '@daily'}", "no name of a class"),
        ("{at: tomorrow, class: A}", "not a date"),
        ("{every: [[1]], class: A}", "no plain text"),
        ("{every: [], class: A}", "no plain text"),
    ],
)
def test_what_is_left_out_is_told(job: str, said: str) -> None:
    found = imported("sidekiq-scheduler", f"\nsome job: {job}\n")
    assert not found.tasks
    assert lost(found)[0].startswith("2: some job: ")
    assert said in lost(found)[0]


def test_no_such_file_at_all() -> None:
    with pytest.raises(UserError):
        imported("sidekiq-scheduler", "- 1\n")
