"""Cron jobs of good_job: a plain hash of Ruby, or YAML."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procman.errors import UserError
from tests.importing.ruby import imported, lost

INITIALIZER = """\
Rails.application.configure do
  # config.good_job.cron = { nope: {} }
  config.good_job.cron = {
    # Every 15 minutes
    frequent_task: { # a key
      cron: "*/15 * * * *",
      class: "ExampleJob",
      args: [42, "life's", :sym, %w[a b]],
      kwargs: { name: "Alice", "x-y": nil },
      set: { priority: -10 },
      description: "Something helpful",
      enabled_by_default: -> { Rails.env.production? }
    },
    computed: { cron: "0 0 * * *", class: "B", args: -> { [Time.now, {a: "}"}] } },
    'third' => { 'cron' => "0 9 * * * Europe/Paris", :class => 'C::D', set: { wait: 5.minutes } },
    fourth: { cron: "@daily UTC", class: "E", enabled_by_default: false },
    complex_schedule: {
      class: "F",
      cron: -> (last_ran) { (last_ran.blank? ? Time.now : last_ran + 14.hours).at_beginning_of_minute }
    }
  }
end
"""
YAML = """\
  frequent_task:
    cron: "*/15 * * * *"
    class: ExampleJob
    args: [42]
    kwargs: {name: Alice}
    set: {priority: -10, queue: low}
"""


def test_a_hash_of_ruby() -> None:
    assert imported("good_job", INITIALIZER).tasks == {
        "frequent_task": {
            "command": "bin/rails runner 'ExampleJob.set(priority: -10).perform_later(42,"
            ' "life\'"\'"\'s", :sym, ["a", "b"], name: "Alice", "x-y": nil)\'',
            "desc": "Something helpful",
            "schedule": "*/15 * * * *",
            "missed": "skip",
        },
        "third": {
            "command": "bin/rails runner 'C::D.perform_later'",
            "schedule": "0 9 * * * Europe/Paris",
            "missed": "skip",
        },
        "fourth": {
            "command": "bin/rails runner 'E.perform_later'",
            "schedule": "@daily UTC",
            "missed": "skip",
            "enabled": False,
        },
    }


def test_code_in_the_place_of_a_value_is_told_with_its_line() -> None:
    lines = lost(imported("good_job", INITIALIZER))
    assert [line.split(": ")[:3] for line in lines] == [
        ["12", "frequent_task", "enabled_by_default"],
        ["14", "computed", "args"],
        ["15", "third", "set"],
        ["19", "complex_schedule", "cron"],
    ]


def test_all_at_once_in_ruby() -> None:
    text = "config.good_job = { queues: '*', cron: { a: { cron: '@daily UTC', class: 'A' } } }"
    assert [*imported("good_job", text).tasks] == ["a"]


@pytest.mark.parametrize("above", ["", "cron:\n", "good_job:\n cron:\n", "production:\n cron:\n", "test:\n"])
def test_yaml(above: str) -> None:
    found = imported("good_job", above + YAML)
    call = 'ExampleJob.set(priority: -10, queue: "low").perform_later(42, name: "Alice")'
    assert found.tasks["frequent_task"]["command"] == f"bin/rails runner '{call}'"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1", "sets no config.good_job.cron"),
        ("config.good_job.cron = JOBS", "no plain hash"),
        ("config.good_job.cron = { **more }", "no plain key"),
        ("config.good_job.cron = { a: 1", "no end"),
        ("config.good_job.cron = {\n a => 1 }", "line 2 has no plain key"),
        ("config.good_job.cron = " + "{a: " * 40, "nested"),
    ],
)
def test_what_must_be_yaml_first(text: str, said: str) -> None:
    with pytest.raises(UserError, match=said) as caught:
        imported("good_job", text, "good_job.rb")
    assert "write the jobs as YAML" in str(caught.value)


@settings(deadline=None)
@given(st.lists(st.sampled_from([*"{}[],:#'\"\\-> \n", *"a: cron: => class: '@daily' 'A' %w[ 1 do".split()])))
def test_any_ruby_is_read_or_refused(parts: list[str]) -> None:
    try:
        imported("good_job", "config.good_job.cron = {" + " ".join(parts), "good_job.rb")
    except UserError as error:
        assert error.problems  # noqa: PT017
