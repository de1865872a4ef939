"""Where arguments stand in a command: what says so, what needs to, and what is no place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procman.core.plan.arguments import accepts, placed
from procman.errors import SpawnError
from tests.core.plan.test_shell import PIECES, SIGNS


@pytest.mark.parametrize(
    "line",
    [
        *("cmd^", "cmd --with 'a b' \"c $d\"^", "VAR=x B='c d' cmd^", "cmd > log 2>&1^", "> log cmd^"),
        *("cd x && cmd^", "a && b && cmd^", "A=1; cmd^", "cmd^; A=1", "exec cmd^", "$CMD now^"),
        *("set -e\ncd x\n\ncmd^\n", "a; b^;", "trap 'x' TERM; cmd^"),
        # what stands behind the last command stays behind it
        *("cmd^;", "cmd^ # it's a comment", "cmd^ # $1", "# first\ncmd^\n", "cmd a#b^"),
        *("cmd \\\n  more^", "cmd &&\n more^", "cmd^ \\\n", "cd x &&\n # then\n cmd^\n\n"),
        # no parameter is looked at
        *("cmd '$1' '\"$@\"'^", 'cmd \\$1 "\\$1"^', "cmd $$1^", "cmd $0 ${0} ${x#1} ${#x} $?^"),
        # a script of another shell, and that shell itself
        *("bash run.sh -c^", "sh -e run.sh^", "bash^"),
    ],
)
def test_they_stand_behind_the_last_command(line: str) -> None:
    before, _, after = line.rpartition("^")
    assert accepts(before + after)
    assert placed(before + after) == f'{before} "$@"{after}'


@pytest.mark.parametrize(
    "line",
    [
        *('a | b "$@"', "a $1 | b", "a ${1:-none} &", "echo $*; a", "test $# = 2 || b", "a ${12}; b"),
        *("echo ${#}; b", "echo ${#1}; b", "echo ${@:2}; b", "x ${y:-$2}; a", "a >$1; b", 'a "it\'s $1"; b'),
        *("echo $(foo $1) | x", "echo `foo $1`; x", 'a "$(b "$1")"; c', "\"${x:-'$1'}\"; a"),
        *("shift; a", "A=1 shift; a", "while getopts ab x; do y; done", "if x; then shift; fi"),
        *("for x; do echo $x; done", "for x do echo $x; done", "for x\ndo echo $x; done"),
        *("case $1 in a) b;; esac", 'f() { echo $1; }; f "$@"', 'set -- "$@" b; cmd', "set -e; cmd $1"),
        *("cat <<EOF\nit's $1\nEOF", "cat <<EOF\nit's\nEOF\ncmd $1", "cat <<-EOF\n\t$1\n\tEOF\n", "a <<< $1"),
        *('bash -c \'echo "$1"\' bash "$@"', "eval x $1", "cat <<E && b $1\nno\nE\n", 'a "$@" & wait'),
    ],
)
def test_they_stand_where_the_command_says(line: str) -> None:
    assert placed(line) == line


@pytest.mark.parametrize(
    "line",
    [
        # which of them?
        *(
            "a | b",
            "a || b",
            "a && b || c",
            "a | b; c | d",
            "a &",
            "a & b",
            "a & wait",
            "a && b &",
            "(a)",
            "{ a; }",
            "! a",
        ),
        *("if a; then b; fi", "for x in a; do b; done", "while a; do b; done", "case a in a) b;; esac"),
        # no command, or perhaps none: the first argument would be one
        *("", "A=1", "> log", "# a", "$CMD", "A=1 $CMD $X", "$(a) `b`", "exec", "exec > log", "command", "."),
        *("exec $CMD", "a && A=1", "a && > log"),
        # a shell would parse them, or take the first for its name
        *("eval a", "command eval a", "trap", "a && eval b", "bash -c 'a'", "/bin/bash -euo pipefail -c 'a'"),
        *("env A=1 sh -c 'a'", "sh -ec 'echo \"$@\"'", "exec 'bash' -c a"),
        # looked at by others than the line itself, or after it has set its own
        *("f() { echo $1; }; f", "f()\n{ echo $1; }\nf", "f() ( a $1 ); f", "function f { echo $1; }; f"),
        *("set -- a b; cmd $1 | x", "echo shift | a", "for x in a; do echo $x; done", "\"$(echo '$1')\" | a"),
        *("cat <<'EOF'\n$1\nEOF", "cat <<\\EOF\n$1\nEOF", "cat <<EOF\nit's\nEOF", "a # $1\nb |c"),
        # not read to its end
        *("a 'without end", 'a "without end', "a `without end", "a $(without end", "a ${b", "a \\", "a >"),
        *("a &> log", "a <<< b", "((x))"),
    ],
)
def test_else_there_is_no_place_for_them(line: str) -> None:
    assert not accepts(line)
    with pytest.raises(SpawnError, match=r'write "\$@" there'):
        placed(line)


@given(SIGNS | PIECES.map("".join) | st.text("$@#*{}1'\"\\` \n<E", max_size=12))
def test_whatever_the_line_it_is_refused_or_stays_but_for_one_insertion(line: str) -> None:
    if accepts(line):
        assert line in (placed(line), placed(line).replace(' "$@"', "", 1))
