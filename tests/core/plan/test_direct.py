"""Lines that need no shell: which they are, and into which words they fall."""

from __future__ import annotations

import pytest

from procman.core.plan.direct import words


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("rails", ["rails"]),
        ("  bundle exec\trails server -p 3000 ", ["bundle", "exec", "rails", "server", "-p", "3000"]),
        ("exec python -u app.py", ["python", "-u", "app.py"]),
        ("./manage.py --at=12:30,13:00 user@host 50% é", None),
        ("python -c 'import x; x.run(\"$HOME\", *a)'", ["python", "-c", 'import x; x.run("$HOME", *a)']),
        ('a "b  c"\'d"\'e"" \'\'', ["a", 'b  cd"e', ""]),
        ('"a\nb" c', ["a\nb", "c"]),
        ('"/opt/my app/run"', ["/opt/my app/run"]),
        ("run A=1 B=", ["run", "A=1", "B="]),
        ("exec echo hi", ["echo", "hi"]),
        ("exec A=1", ["A=1"]),
        ("A-B=1 x", ["A-B=1", "x"]),
    ],
)
def test_a_program_and_its_words(line: str, expected: list[str] | None) -> None:
    assert list(words(line)) == (line.split() if expected is None else expected)


@pytest.mark.parametrize(
    "line",
    [
        *("", " ", "exec", "exec ", "exec -a name x", "exec -c x", "-x"),
        *(
            "a $PORT",
            'a "$PORT"',
            "a `b`",
            'a "`b`"',
            "a \\b",
            'a "\\b"',
            "a *",
            "a ?",
            "a [b]",
            "a ~",
            "~/a",
        ),
        *("a {b,c}", "a b~c", "a; b", "a && b", "a | b", "a &", "(a)", "{ a; }", "! a", "a > b", "a 2>&1"),
        *("a < b", "a # b", "a\nb", "a\n", "a\r", "a\xa0b", "a 'b", 'a "b', "a\0", "a 'b\0'", "a\udc80"),
        *("A=1", "A=1 b", "A+=1 b", "_a='x y' b", "'a'=1;b"),
        *("echo hi", "cd x", ". x", ": x", "'cd' x", 'e"cho" hi', "if a", "time a", "'exec' a", "[ a"),
    ],
)
def test_everything_else_is_for_the_shell(line: str) -> None:
    assert words(line) == ()


@pytest.mark.parametrize(
    "line", ["a" * 99_999 + "!", "a " * 99_999 + ";", "'" * 99_999, "a'b'" * 49_999 + "$"]
)
def test_a_long_line_takes_a_short_time(line: str) -> None:
    assert words(line) == ()  # what would look back at each quote would not end today
