from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procman.core.plan.commands import Kind, Resolution, resolve, script
from procman.errors import SpawnError, UnknownNameError
from tests.core.expect import problems, problems_if_any

TASKS = {"remind": "python remind.py", "both": "python task.py"}
TYPES = {"web": "python web.py", "both": "python type.py"}


def meaning(*words: str, on_path: str = "") -> Resolution:
    return resolve(words, TASKS, TYPES, lambda name: name == on_path)


def test_a_task_is_run_by_the_shell() -> None:
    assert meaning("remind") == (Kind.TASK, "remind", "python remind.py", ())


def test_a_process_type_is_run_by_the_shell() -> None:
    assert meaning("web") == (Kind.TYPE, "web", "python web.py", ())


def test_a_task_goes_before_a_type_of_the_same_name() -> None:
    assert meaning("both") == (Kind.TASK, "both", "python task.py", ())


def test_anything_else_is_a_command_run_word_for_word() -> None:
    assert meaning("echo", "a b", "$X") == (Kind.COMMAND, "echo", None, ("echo", "a b", "$X"))


def test_one_word_with_blanks_in_it_is_a_line_for_the_shell() -> None:
    assert meaning("echo $X | cat") == (Kind.COMMAND, "echo", "echo $X | cat", ())
    assert meaning(" ls\t") == (Kind.COMMAND, "ls", " ls\t", ())


def test_blanks_in_the_first_of_several_words_are_part_of_it() -> None:
    assert meaning("my program", "x").words == ("my program", "x")


def test_further_words_are_arguments_and_the_command_stays_as_it_is_written() -> None:
    words = ("--name", "a b", "it's")
    assert meaning("remind", *words) == (Kind.TASK, "remind", "python remind.py", words)
    assert meaning("web", "--", *words) == (Kind.TYPE, "web", "python web.py", words)


def test_a_type_is_meant_by_its_name_alone_and_with_words_a_command_of_that_name() -> None:
    assert meaning("web", on_path="web").kind is Kind.TYPE
    assert meaning("web", "x", on_path="web") == (Kind.COMMAND, "web", None, ("web", "x"))
    assert meaning("web", "--", "x", on_path="web") == (Kind.TYPE, "web", "python web.py", ("x",))


@pytest.mark.parametrize(("words", "shown"), [(["-v", "a b"], "-v 'a b'"), (["x" * 61], "...")])
def test_a_type_with_words_where_there_is_no_such_command_is_an_error_with_a_hint(
    words: list[str], shown: str
) -> None:
    with pytest.raises(SpawnError) as caught:
        meaning("web", *words)
    assert f"no command 'web' found. To pass words to the process type: 'procman run web -- {shown}'" in str(
        caught.value
    )
    assert caught.value.exit_code == 127


def test_two_dashes_behind_a_name_are_dropped_once() -> None:
    assert meaning("web", "--", "-v", "--").words == ("-v", "--")
    assert meaning("web", "--").words == ()


def test_run_task_name_means_a_task_for_certain() -> None:
    assert meaning("task", "both", "x") == (Kind.TASK, "both", "python task.py", ("x",))


def test_run_task_with_an_unknown_name_is_an_error_that_suggests_a_near_one() -> None:
    with pytest.raises(UnknownNameError, match="no task 'remnd', did you mean 'remind'"):
        meaning("task", "remnd")


def test_a_type_is_no_task() -> None:
    with pytest.raises(UnknownNameError, match="no task 'web'"):
        meaning("task", "web")


def test_run_task_in_an_app_without_tasks_says_so() -> None:
    with pytest.raises(UnknownNameError, match="no task 'x': this app defines no tasks"):
        resolve(["task", "x"], {}, TYPES)


def test_run_task_alone_is_an_error() -> None:
    assert problems(lambda: meaning("task"))[0].text == "say which task to run"


def test_a_task_or_type_called_task_can_still_be_run() -> None:
    commands = {"task": "python x.py"}
    assert resolve(["task", "y"], commands, {}) == (Kind.TASK, "task", "python x.py", ("y",))
    assert resolve(["task", "--", "y"], {}, commands) == (Kind.TYPE, "task", "python x.py", ("y",))


def test_words_behind_two_dashes_are_a_command_for_certain() -> None:
    assert meaning("--", "web", "x") == (Kind.COMMAND, "web", None, ("web", "x"))
    assert meaning("--", "web") == (Kind.COMMAND, "web", None, ("web",))
    assert meaning("--", "task") == (Kind.COMMAND, "task", None, ("task",))


@pytest.mark.parametrize("words", [[], [""], [" "], ["\t\n", "x"]])
@pytest.mark.parametrize("before", [[], ["--"]])
def test_without_a_word_that_says_something_it_is_an_error(words: list[str], before: list[str]) -> None:
    found = problems(lambda: meaning(*before, *words))
    assert found[0].text == "say what to run: a task, a process type or a command"


@given(st.lists(st.sampled_from(["task", "web", "both", "--", "x y"]) | st.text(max_size=4)), st.booleans())
def test_whatever_the_words_there_is_a_meaning_or_a_mistake(words: list[str], on_path: bool) -> None:
    with contextlib.suppress(SpawnError):
        if not problems_if_any(lambda: meaning(*words, on_path="web" * on_path)):
            found = meaning(*words, on_path="web" * on_path)
            assert found.line or found.words


@pytest.mark.parametrize("first", [["remind"], ["web", "--"], ["task", "both"]])
@given(words=st.lists(st.text(), min_size=1).filter(lambda words: words[0] != "--"))
def test_arguments_are_passed_on_as_they_were_given(first: list[str], words: list[str]) -> None:
    assert meaning(*first, *words).words == tuple(words)


def test_what_the_shell_gets() -> None:
    assert script("python $X", ()) == (("exec python $X",), False, ())
    assert script("cd x", ()) == (("cd x",), True, ())
    assert script("cd x && y", ("a b", "$1")) == (
        ("trap 'exit' TERM; cd x && exec y \"$@\"", "/bin/sh", "a b", "$1"),
        False,
        (),
    )
    with pytest.raises(SpawnError, match="does not say where arguments belong"):
        script("a | b", ("x",))


@pytest.mark.parametrize("line", ["python x.py", " exec python 'x.py'"])
def test_what_needs_no_shell_has_a_line_for_it_all_the_same(line: str) -> None:
    found = script(line, ())
    assert found == ((line if "exec" in line else f"exec {line}",), False, ("python", "x.py"))
    assert script(line, ("a",)).words == ()
