"""sidekiq-cron's schedule: a job becomes a task that enqueues it."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procman.errors import UserError
from procman.importing.ruby.jobs import CLOCK, KIND
from tests.importing.ruby import imported, lost

SCHEDULE = """\
my_first_job:
  cron: "*/5 * * * *"
  class: "HardWorker"
  queue: hard_worker

second job:
  cron: "every day at 9am Europe/Paris"
  klass: Reports::Daily
  args: ["it's", 2, null, {deep: [true]}]
  description: "Daily $report"
  status: disabled
"""


def command(text: str, name: str = "job") -> str:
    found = imported("sidekiq-cron", f"job:\n  cron: '*/5 * * * *'\n  class: Job\n{text}")
    return str(found.tasks[name]["command"])


def test_jobs_by_name() -> None:
    assert imported("sidekiq-cron", SCHEDULE).tasks == {
        "my_first_job": {
            "command": """bin/rails runner 'HardWorker.set(queue: "hard_worker").perform_async'""",
            "schedule": "*/5 * * * *",
            "missed": "skip",
        },
        "second_job": {
            "command": "bin/rails runner "
            + shlex.quote('Reports::Daily.perform_async("it\'s", 2, nil, {"deep" => [true]})'),
            "desc": "Daily $report",
            "schedule": "every day at 9am Europe/Paris",
            "missed": "skip",
            "enabled": False,
        },
    }


def test_jobs_in_a_list() -> None:
    text = "- name: Hard worker - 5min\n  cron: '*/5 * * * *'\n  class: A\n- cron: '@daily'\n  class: B\n"
    found = imported("sidekiq-cron", text)
    assert [*found.tasks] == ["Hard_worker_-_5min", "a_job_without_a_name"]


@pytest.mark.parametrize(
    ("said", "call"),
    [
        ("", "Job.perform_async"),
        ("  args: 5\n", "Job.perform_async(5)"),
        ("  args: contributors\n", 'Job.perform_async("contributors")'),
        ("  args: {hard: stuff}\n", 'Job.perform_async({"hard" => "stuff"})'),
        ("  args: '[1, {\"a\": null}]'\n", 'Job.perform_async(1, {"a" => nil})'),
        ("  args:\n  - :a\n  - :b: :c\n", 'Job.perform_async("a", {"b" => "c"})'),
        ("  active_job: true\n  args: [1]\n", "Job.perform_later(1)"),
        (
            "  active_job: true\n  symbolize_args: true\n  args: [{a: {b: 1}}]\n",
            'Job.perform_later({a: {"b" => 1}})',
        ),
        ("  date_as_argument: true\n  args: [1]\n", "Job.perform_async(1, Time.now.to_f)"),
        ("  queue: low\n  retry: 5\n", 'Job.set(queue: "low", retry: 5).perform_async'),
    ],
)
def test_arguments(said: str, call: str) -> None:
    assert command(said) == f"bin/rails runner '{call}'"


def test_what_is_left_out_is_told_with_its_line() -> None:
    text = SCHEDULE + (
        "third:\n  cron: '0 0 * * sun%2'\n  class: A\n"
        "fourth:\n  cron: <%= ENV['CRON'] %>\n  class: A\n"
        "fifth:\n  cron: '@daily UTC'\n  class: system('x')\n"
        "sixth:\n  cron: '@daily UTC'\n  class: A\n  args: [2024-01-01]\n"
        "seventh:\n  cron: '@daily UTC'\n  class: A\n  namespace: mine\n  colour: red\n"
        "eighth: often\n"
        "ninth:\n  class: A\n"
    )
    found = imported("sidekiq-cron", text)
    assert [*found.tasks] == ["my_first_job", "second_job", "seventh"]
    lines = lost(found)
    assert [line.split(":")[0] for line in lines] == ["13", "16", "20", "24", "28", "29", "30", "31"]
    assert "every second week" in lines[0]
    assert "code in it" in lines[1]
    assert "no name of a class" in lines[2]
    assert "not sure what Ruby makes of such a number, date or time" in lines[3]


def test_what_is_true_of_all_is_told_once() -> None:
    text = "a: {cron: '0 9 * * *', class: A}\nb: {cron: '@daily', class: B}\n"
    assert [problem.text for problem in imported("sidekiq-cron", text).lost] == [CLOCK, KIND]
    text = "a: {cron: '0 9 * * * UTC', class: A, active_job: true}\n"
    assert imported("sidekiq-cron", text).lost == []


def test_code_around_jobs_is_not_run_and_told() -> None:
    text = (
        "<% if Rails.env.production? %>\na:\n  cron: '@daily UTC'\n  class: A\n  queue: <%= q %>\n<% end %>\n"
    )
    found = imported("sidekiq-cron", text)
    assert found.tasks["a"]["command"] == "bin/rails runner 'A.perform_async'"
    assert [line.split(":")[0] for line in lost(found)] == ["1", "6", "5"]


@pytest.mark.parametrize("text", ["just words", "a: [1", "\x00", "a: 1\n---\nb: 2\n", b"\xff"])
def test_no_schedule_at_all(text: str | bytes) -> None:
    with pytest.raises(UserError):
        imported("sidekiq-cron", text)


KEYS = st.sampled_from(
    "cron class klass args queue status active_job name description schedule every at".split()
)
WORDS = st.sampled_from(
    ["'*/5 * * * *'", "A", "[1, {a: b}]", "every day", "{x: [", "<%= x %>", ":y", "~", "&a b", "*a"]
)
LINES = st.builds(
    "{}{}: {}".format,
    st.sampled_from(["", "  ", "- ", "    "]),
    KEYS | st.text(max_size=5),
    WORDS | st.text(max_size=8),
)


@settings(deadline=None)
@given(
    st.lists(LINES, max_size=8),
    st.sampled_from(["sidekiq-cron", "sidekiq-scheduler", "good_job", "solid_queue"]),
)
def test_garbage_is_told_and_nothing_worse(lines: list[str], kind: str) -> None:
    try:
        imported(kind, "\n".join(lines).encode("utf-8", "surrogatepass"))
    except UserError as error:
        assert error.problems  # noqa: PT017
