"""Lines for the shell: the last command takes its place, or it stays and starts nothing more."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procman.core.plan.shell import prepare

TRAP = "trap 'exit' TERM; "


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("cmd", "exec cmd"),
        ("cmd --with 'a b' \"c $d\"", "exec cmd --with 'a b' \"c $d\""),
        ("A=1 B='x y' cmd", "A=1 B='x y' exec cmd"),
        ("A=$(date +%s; echo ')') cmd", "A=$(date +%s; echo ')') exec cmd"),
        ('"$BIN"/app -p ${PORT:-"}"}', 'exec "$BIN"/app -p ${PORT:-"}"}'),
        ("$CMD now", "exec $CMD now"),
        ("`which cmd` now", "exec `which cmd` now"),
        ("cmd > log 2>&1 < in", "exec cmd > log 2>&1 < in"),
        ("> log cmd", "> log exec cmd"),
        ("cmd # it's the last", "exec cmd # it's the last"),
        ("cmd a#b;", "exec cmd a#b;"),
        ("cmd \\\n more", "exec cmd \\\n more"),
        ("bash -c 'a; b'", "exec bash -c 'a; b'"),
        ("cmd\\ with\\ blanks x", "exec cmd\\ with\\ blanks x"),
    ],
)
def test_a_single_command_takes_the_shells_place(line: str, expected: str) -> None:
    assert prepare(line) == (expected, False)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("cd x && cmd", "cd x && exec cmd"),
        ("a && b && cmd", "a && b && exec cmd"),
        ("a || cmd", "a || exec cmd"),
        ("a; cmd", "a; exec cmd"),
        ("a & cmd", "a & exec cmd"),
        ("a | b; cmd", "a | b; exec cmd"),
        ("a\ncmd\n", "a\nexec cmd\n"),
        ("[ -f x ] && . ./x; cmd 'a;b'", "[ -f x ] && . ./x; exec cmd 'a;b'"),
    ],
)
def test_the_last_of_several_commands_does_and_until_then_the_shell_traps_the_stop_signal(
    line: str, expected: str
) -> None:
    assert prepare(line) == (TRAP + expected, False)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("a | b", "a | b"),
        ("a; b | c", "a; b | c"),
        ("a &", "a &"),
        ("a & wait", "a & wait"),
        ("cmd; echo after", "cmd; echo after"),
        ("cd x && exec cmd", "cd x && exec cmd"),
        ("while :; do a; done", "while :; do a; done"),
        ("if a; then b; fi", "if a; then b; fi"),
        ("for x in a b; do c $x; done", "for x in a b; do c $x; done"),
        ("{ a; b; }", "{ a; b; }"),
        ("! a", "! a"),
        ("(a; b)", f"({TRAP}a; b)"),
        ("a && (b; (c)) | d", f"a && ({TRAP}b; ({TRAP}c)) | d"),
    ],
)
def test_where_the_shell_has_to_stay_it_traps_the_stop_signal_in_subshells_too(
    line: str, expected: str
) -> None:
    assert prepare(line) == (TRAP + expected, True)


@pytest.mark.parametrize(
    "line",
    [
        *("", "A=1", "# nothing", "echo hi", "exit 3", "exec cmd"),
        *("trap 'echo bye' TERM; cmd", "f() { a; }; f", "case $x in a) b;; esac", "((x)) && cmd"),
        *("cat <<EOF", "diff <(a) <(b)", "cmd &> log"),
        *("cmd 'without end", 'cmd "without end', "cmd `without end", "cmd $(without end", "${a"),
    ],
)
def test_what_needs_no_help_or_is_not_understood_stays_as_it_is(line: str) -> None:
    assert prepare(line) == (line, True)


def test_the_stop_signal_may_be_another() -> None:
    assert prepare("a | b", "QUIT").text == "trap 'exit' QUIT; a | b"


SIGNS = st.text("ab =;&|()<>'\"\\`$#{}!\n0", max_size=20)
PIECES = st.lists(st.sampled_from(["a", " ", "&&", "||", ";", "|", "(", ")", "'", '"', "x=1", "if", "exec"]))


@given(SIGNS | PIECES.map("".join))
def test_nothing_is_taken_away_or_moved(line: str) -> None:
    text = prepare(line).text
    assert text == line or text.replace(TRAP, "").replace("exec ", "", 1).replace(
        "exec ", ""
    ) == line.replace("exec ", "")
