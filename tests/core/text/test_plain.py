from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procman.core.text.escapes import close
from procman.core.text.lines import LineCutter
from procman.core.text.plain import ROOM_FOR_PROMPT, PlainScreen
from tests.core.expect import joined
from tests.core.terminal import colour_on

A, B = b"a| ", b"b| "
RED, RESET = b"\x1b[31m", b"\x1b[0m"


class Pipe:
    """What a reader of the pipe has got. Processes are called by their prefix."""

    def __init__(self) -> None:
        self.screen = PlainScreen()
        self.got = b""

    def lines(self, prefix: bytes, lines: bytes) -> None:
        self.got += joined(self.screen.lines(prefix.decode(), prefix, lines))

    def partial(self, states: dict[bytes, bytes]) -> None:
        given = {prefix.decode(): (prefix, text) for prefix, text in states.items()}
        self.got += joined(self.screen.partial(given))


def test_whole_lines_have_their_prefix() -> None:
    pipe = Pipe()
    pipe.lines(A, b"1\n2\n")
    pipe.lines(B, b"3\n")
    assert pipe.got == b"a| 1\na| 2\nb| 3\n"


def test_a_prompt_is_shown_with_its_prefix_and_without_a_newline() -> None:
    pipe = Pipe()
    pipe.partial({A: b"name? "})
    assert pipe.got == b"a| name? "


def test_a_prompt_shown_is_not_shown_again() -> None:
    pipe = Pipe()
    pipe.partial({A: b"name? "})
    pipe.partial({A: b"name? "})
    assert pipe.got == b"a| name? "


def test_a_line_that_grows_is_continued() -> None:
    pipe = Pipe()
    pipe.partial({A: b"name? "})
    pipe.partial({A: b"name? Eve"})
    pipe.lines(A, b"name? Eve!\nnext\n")
    assert pipe.got == b"a| name? Eve!\na| next\n"


def test_a_line_interrupted_by_another_process_is_ended_and_comes_again_whole() -> None:
    pipe = Pipe()
    pipe.partial({A: b"name? "})
    pipe.lines(B, b"hello\n")
    pipe.lines(A, b"name? Eve\n")
    assert pipe.got == b"a| name? \nb| hello\na| name? Eve\n"


def test_an_interrupted_line_that_got_nothing_more_does_not_come_again() -> None:
    pipe = Pipe()
    pipe.partial({A: b"name? "})
    pipe.lines(B, b"hello\n")
    pipe.lines(A, b"name? \nname? \n")
    assert pipe.got == b"a| name? \nb| hello\na| name? \n"


def test_the_prompt_of_another_process_interrupts_too() -> None:
    pipe = Pipe()
    pipe.partial({A: b"one? "})
    pipe.partial({A: b"one? ", B: b"two? "})
    pipe.lines(B, b"two? 2\n")
    assert pipe.got == b"a| one? \nb| two? 2\n"


def test_a_line_rewritten_since_it_was_shown_comes_again_whole() -> None:
    pipe = Pipe()
    pipe.partial({A: b"9%"})
    pipe.partial({A: b"10% of 20"})
    pipe.lines(A, b"done\n")
    assert pipe.got == b"a| 9%\na| done\n"


def test_the_colour_of_an_interrupted_line_ends_with_it() -> None:
    pipe = Pipe()
    pipe.partial({A: RED + b"name? "})
    pipe.lines(B, b"hello\n")
    assert pipe.got == b"a| " + RED + b"name? " + RESET + b"\nb| hello\n"


def test_the_colour_of_a_rewritten_line_ends_with_it() -> None:
    pipe = Pipe()
    pipe.partial({A: RED + b"10%"})
    pipe.lines(A, b"done\n")
    assert pipe.got == b"a| " + RED + b"10%" + RESET + b"\na| done\n"


def test_a_coloured_line_that_was_interrupted_at_its_end_does_not_come_again() -> None:
    pipe = Pipe()
    pipe.partial({A: RED + b"name? "})
    pipe.lines(B, b"hello\n")
    shown = pipe.got
    pipe.lines(A, RED + b"name? \n")
    assert pipe.got == shown


def test_a_long_unfinished_line_is_no_prompt() -> None:
    pipe = Pipe()
    pipe.partial({A: b"x" * (ROOM_FOR_PROMPT + 1), B: b""})
    assert pipe.got == b""
    pipe.partial({A: b"x" * ROOM_FOR_PROMPT})
    assert pipe.got == A + b"x" * ROOM_FOR_PROMPT


def test_an_interrupted_line_is_not_shown_before_it_is_whole() -> None:
    pipe = Pipe()
    for dots in range(1, 50):
        pipe.partial({A: b"." * dots})
        pipe.lines(B, b"%d\n" % dots)
    assert pipe.got.count(b"a|") == 1
    pipe.lines(A, b"." * 50 + b"\n")
    assert pipe.got.endswith(b"b| 49\na| " + b"." * 50 + b"\n")
    pipe.partial({A: b"name? "})
    assert pipe.got.endswith(b"a| name? ")


def test_two_unfinished_lines_do_not_interrupt_each_other_again_and_again() -> None:
    pipe = Pipe()
    for dots in range(1, 50):
        pipe.partial({A: b"." * dots, B: b"-" * dots})
    pipe.lines(A, b"." * 50 + b"\n")
    assert pipe.got == b"a| .\nb| " + b"-" * 49 + b"\na| " + b"." * 50 + b"\n"


@pytest.mark.parametrize(
    ("line", "closed"),
    [
        (b"\x1b]8;;http://x\x07link", b"\x1b]8;;http://x\x07link\x1b]8;;\x1b\\"),
        (b"\x1b]8;;http://x\x07link\x1b]8;;\x07", b"\x1b]8;;http://x\x07link\x1b]8;;\x07"),
        (b"\x1b]0;never", b"\x1b]0;never\x1b\\"),
        (b"\x1bPnever", b"\x1bPnever\x1b\\"),
        (b"\x1b[3", b"\x1b[3\x1b\\"),
        (b"\x1b[31m\x1b]8;;x\x07\x1b]0;", b"\x1b[31m\x1b]8;;x\x07\x1b]0;\x1b\\\x1b]8;;\x1b\\\x1b[0m"),
        ("a\u009b2Jb\u009d52;c;aGk=\u009cc".encode(), b"abc"),
        ("\u009b31mred".encode(), b"\x1b[31mred\x1b[0m"),
        ("\u0085\u00a0é".encode(), "\u00a0é".encode()),
    ],
)
def test_nothing_of_a_line_reaches_the_next(line: bytes, closed: bytes) -> None:
    pipe = Pipe()
    pipe.lines(A, line + b"\nnext\n")
    assert pipe.got == A + closed + b"\na| next\n"


NAMES = [A, B, b"c| "]
DATA = st.lists(
    st.sampled_from([b"1", b"2", b"12", b"\n", b"\n", b"\r", b"\r\n", RED, RESET]), min_size=1, max_size=6
).map(b"".join)
WRITES = st.tuples(st.sampled_from(NAMES), DATA)
PAUSES = st.sets(st.sampled_from(NAMES), min_size=1)


def play(
    script: list[tuple[bytes, bytes] | set[bytes]],
) -> tuple[bytes, dict[bytes, list[bytes]], set[bytes]]:
    """What was written, the finished lines by process, and all unfinished rows that were asked for."""
    pipe, cutters = Pipe(), {name: LineCutter() for name in NAMES}
    finished: dict[bytes, list[bytes]] = {name: [] for name in NAMES}
    asked: set[bytes] = set()

    def put(name: bytes, lines: bytes) -> None:
        finished[name] += lines.split(b"\n")[:-1]
        if lines:
            pipe.lines(name, lines)

    for entry in script:
        if isinstance(entry, tuple):
            put(entry[0], cutters[entry[0]].feed(entry[1]))
        else:
            states = {name: cutters[name].state for name in NAMES if name in entry and cutters[name].state}
            asked |= {close(name + state) for name, state in states.items()}
            pipe.partial(states)
    for name, cutter in cutters.items():
        put(name, cutter.finish())
    pipe.lines(b"system| ", b"end\n")
    return pipe.got, finished, asked


@given(st.lists(WRITES, max_size=12))
def test_without_unfinished_lines_the_output_is_exactly_prefix_and_line(
    script: list[tuple[bytes, bytes]],
) -> None:
    got, finished, _ = play([*script])
    for name in NAMES:
        rows = [row for row in got.split(b"\n") if row.startswith(name)]
        assert rows == [close(name + line) for line in finished[name]]


@given(st.lists(WRITES | PAUSES, max_size=20))
def test_in_any_interleaving_every_line_appears_whole_and_in_order(
    script: list[tuple[bytes, bytes] | set[bytes]],
) -> None:
    got, finished, asked = play(script)
    *rows, last = got.split(b"\n")
    assert (rows.pop(), last) == (b"system| end", b"")
    assert all(row.startswith(tuple(NAMES)) for row in rows)
    for name in NAMES:
        expected = [close(name + line) for line in finished[name]]
        for row in (row for row in rows if row.startswith(name)):
            if expected and row == expected[0]:
                expected.pop(0)
            else:
                assert row in asked
        assert expected == []


@given(st.lists(WRITES | PAUSES, max_size=20))
def test_in_any_interleaving_no_colour_reaches_the_next_row(
    script: list[tuple[bytes, bytes] | set[bytes]],
) -> None:
    got, _, _ = play(script)
    assert not [row for row in got.split(b"\n") if colour_on(row)]


@given(st.lists(PAUSES | st.tuples(st.just(A), DATA), max_size=20))
def test_a_process_alone_is_interrupted_only_by_its_own_rewriting(
    script: list[tuple[bytes, bytes] | set[bytes]],
) -> None:
    calm = [entry if isinstance(entry, set) else (A, entry[1].replace(b"\r", b"")) for entry in script]
    got, finished, _ = play(calm)
    assert got == b"".join(close(A + line) + b"\n" for line in finished[A]) + b"system| end\n"
