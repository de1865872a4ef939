from __future__ import annotations

from procman.errors import Problem, ProcmanError, SpawnError, UnknownNameError, UserError, suggest


def test_a_problem_with_a_line_reads_as_file_line_and_text() -> None:
    assert str(Problem("Procfile", 3, "'web' has no command")) == "Procfile:3: 'web' has no command"


def test_a_problem_without_a_line_reads_as_source_and_text() -> None:
    assert str(Problem("formation", None, "nothing to start")) == "formation: nothing to start"


def test_a_user_error_shows_every_problem_in_the_order_given_one_on_a_line() -> None:
    error = UserError(Problem("Procfile", line, "bad") for line in (1, 4, 9))
    assert str(error) == "Procfile:1: bad\nProcfile:4: bad\nProcfile:9: bad"
    assert [problem.line for problem in error.problems] == [1, 4, 9]


def test_exit_codes_are_2_for_a_mistake_4_for_an_unknown_name_and_1_for_the_rest() -> None:
    assert UserError([]).exit_code == 2
    assert UnknownNameError([]).exit_code == 4
    assert ProcmanError().exit_code == 1


def test_a_spawn_error_has_the_exit_code_of_the_shell() -> None:
    error = SpawnError("no such command", 127)
    assert (str(error), error.exit_code) == ("no such command", 127)


def test_every_error_is_caught_in_one_place() -> None:
    for kind in (UserError, UnknownNameError, SpawnError):
        assert issubclass(kind, ProcmanError)


def test_a_near_name_is_suggested() -> None:
    assert suggest("wbe", ["worker", "web"]) == ", did you mean 'web'?"


def test_nothing_is_suggested_when_no_name_is_near() -> None:
    assert suggest("xyz", ["worker", "web"]) == ""
    assert suggest("web", []) == ""
