from __future__ import annotations

import re
import timeit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procman.core.text.visible import HIDDEN, masked, printable, readable

COLOUR = re.compile(r"\x1b\[[0-9;:]*m")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain Größe 日本 👩‍💻 à\N{NARROW NO-BREAK SPACE}10\N{NO-BREAK SPACE}h", None),
        ("\x1b]0;owned\x07", r"\x1b]0;owned\x07"),
        ("two\nlines\tand\r\0", r"two\nlines\tand\r\x00"),
        ("\x9b2J \x9d52;c;aGk=\x9c", r"\x9b2J \x9d52;c;aGk=\x9c"),
        ("\x0b\x0c\x08\x7f", r"\x0b\x0c\x08\x7f"),
        ("a\u2028b\u2029c", r"a\u2028b\u2029c"),
        ("\u202eexe.txt \u2066 \u200f", r"\u202eexe.txt \u2066 \u200f"),
        ("\udc80 \udcff \ud800", r"\x80 \xff \ud800"),
        ("", None),
    ],
)
def test_what_somebody_wrote_is_shown_and_not_obeyed(text: str, shown: str | None) -> None:
    assert printable(text) == (text if shown is None else shown)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("no command 'postgresql://me:hunter2@db/shop'", "no command 'postgresql://me:***@db/shop'"),
        ("redis://:hunter2@db:6379/0: no", "redis://:***@db:6379/0: no"),
        ("postgresql+psycopg://me:h%40un:t/e?r@2@db", "postgresql+psycopg://me:***@db"),
        ("a://b:hunter2@c and d://e:hunter2@f", "a://b:***@c and d://e:***@f"),
        ("A://b:hunter2@c,d://e:hunter2@f", "A://b:***@f"),
        (
            "postgresql://db/shop?user=me&password=hunter2&port=1",
            "postgresql://db/shop?user=me&password=***",
        ),
        ("'postgresql:///?sslpassword=hunter2'", "'postgresql:///?sslpassword=***'"),
        ("PostgreSQL:///?PASSWORD=hunter2", "PostgreSQL:///?PASSWORD=***"),
        ("'host=db password=hunter2'", "'host=db password=***'"),
        ("host=db password = 'hunter2 3\\'4'", "host=db password = ***"),
        ("http://x/y,redis://me:hunter2@db", "http://x/y,redis://me:***@db"),
        ("postgresql:/me:hunter2@db/shop", "postgresql:/me:***@db/shop"),
        ("host=db password=x&hunter2 dbname=shop", "host=db password=*** dbname=shop"),
        ("host=db password=x'hunter2", "host=db password=***"),
        (r"host=db password=a\ hunter2 user=me", "host=db password=*** user=me"),
        ("https://registry:4873/@scope/package: not found", None),
        ("http://127.0.0.1:8080/health", None),
        ("http://[::1]:8080/a@b", None),
        ("ssh://me@host: no", None),
        ("mail me@example.org: 12:30", None),
        ("the password is wrong", None),
        ("", None),
    ],
)
def test_passwords_in_addresses_are_not_repeated(text: str, shown: str | None) -> None:
    assert masked(text) == (text if shown is None else shown)


@pytest.mark.parametrize("part", ["://a:", "a@", "password=", "password='", "password ", "://"])
def test_a_text_that_is_longer_takes_no_longer_than_that(part: str) -> None:
    """Eight times here; where everything is tried again from each place, 64 times."""
    short, long = (f"@={part * number}" for number in (1_000, 8_000))
    once, more = (min(timeit.repeat(lambda text=text: masked(text), number=1)) for text in (short, long))  # type: ignore[misc]
    assert more < 32 * once


@given(st.text(st.characters()))
def test_nothing_of_a_text_is_hidden(text: str) -> None:
    shown = printable(text)
    assert not re.search(HIDDEN, shown)
    assert printable(shown) == shown
    assert len(shown) >= len(text)


@pytest.mark.parametrize(
    ("output", "shown"),
    [
        (b"plain\n\ttab\n", "plain\n\ttab\n"),
        (b"\x1b[31mred\nplain\n", "\x1b[31mred\x1b[0m\nplain\n"),
        (b"\x1b[2K\x1b[1Gdone\x1b[?25h\n", "done\n"),
        (b"10%\r20%\rall\r\n", "all\n"),
        (b"\x1b]0;title\x07text\x1b(B\x1b7\x1bc", "text"),
        (b"\x1bP$q\x1b\\a\x1b_Gf=24;AA\x1b\\b", "ab"),
        (b"\x1b]8;;https://example.org\x07link never closed\nnext", "link never closed\nnext"),
        (b"\x1b]0;no end\nnext", "\\x1b]0;no end\nnext"),
        (b"\x1bPno end \x1b[31mred\n", "\\x1bPno end \x1b[31mred\x1b[0m\n"),
        (b"\x1b[", "\\x1b["),
        (b"\x1b", "\\x1b"),
        ("\u009b2J\u009d52;c".encode(), "\\x9b2J\\x9d52;c"),
        (b"\a\b\v\f\0\x7f", "\\x07\\x08\\x0b\\x0c\\x00\\x7f"),
        ("\u202etxt.exe".encode(), "\\u202etxt.exe"),
        (b"caf\xe9 \xff", "caf\\xe9 \\xff"),
        ("żółć 👩‍💻".encode(), "żółć 👩‍💻"),
        (b"", ""),
    ],
)
def test_output_is_read_line_by_line(output: bytes, shown: str) -> None:
    assert readable(output) == shown


PIECES = [
    b"a",
    b"\n",
    b"\x1b",
    b"\x1b[31m",
    b"\x1b]8;;",
    b"\x1bP",
    b"[2J",
    b"\a",
    b"\x1b\\",
    b"\xc2\x9b",
    b"\xff",
]


@given(st.lists(st.sampled_from(PIECES), max_size=12).map(b"".join))
def test_of_output_only_colours_reach_a_terminal_and_end_with_their_line(output: bytes) -> None:
    lines = readable(output).split("\n")
    assert len(lines) <= output.count(b"\n") + 1
    for line in lines:
        assert not re.search(HIDDEN, COLOUR.sub("", line))
        assert not COLOUR.search(line) or line.endswith("\x1b[0m")
