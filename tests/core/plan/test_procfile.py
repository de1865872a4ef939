from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procman.core.plan.procfile import ProcessType, parse
from tests.core.expect import problems, problems_if_any

FIRST = "ABCXYZabcxyz0189_"
NAMES = st.builds(str.__add__, st.sampled_from(FIRST), st.text(FIRST + ".-", max_size=8))
COMMANDS = (
    st.text(st.characters(exclude_characters="\n\r\0", exclude_categories=["Cs"]), min_size=1, max_size=30)
    .map(str.strip)
    .filter(bool)
)
ENTRIES = st.dictionaries(NAMES, COMMANDS, min_size=1, max_size=6)
FILLER = st.sampled_from(["", "   ", "# comment", "  # web: indented comment", "\t"])


def commands(data: bytes) -> dict[str, str]:
    return {each.name: each.command for each in parse(data, "Procfile")}


def mistakes(data: bytes) -> list[tuple[int | None, str]]:
    return [(line, text) for _, line, text in problems(lambda: parse(data, "Procfile"))]


def test_each_line_is_a_process_type_in_the_order_of_the_file() -> None:
    assert parse(b"web: python app.py\nworker: rq worker\n", "Procfile") == (
        ProcessType("web", "python app.py", 1),
        ProcessType("worker", "rq worker", 2),
    )


@pytest.mark.parametrize("name", ["web", "WEB", "web-2", "web.2", "_web", "2web", "a", "release"])
def test_a_name_has_letters_digits_underscores_dots_and_dashes(name: str) -> None:
    assert commands(f"{name}: x".encode()) == {name: "x"}


@pytest.mark.parametrize(
    "line", ["-web: x", ".web: x", "wéb: x", "web 2: x", ": x", "web x", " web: x", "web/1: x"]
)
def test_any_other_name_is_an_error(line: str) -> None:
    assert mistakes(line.encode()) == [(1, f"expected 'name: command', not {line!r}")]


@pytest.mark.parametrize("line", [b"web:x y", b"web: x y", b"web:\tx y", b"web:  \t x y  ", b"web: x y\r"])
def test_blanks_around_the_command_do_not_matter(line: bytes) -> None:
    assert commands(line) == {"web": "x y"}


def test_the_command_is_kept_as_it_is_written() -> None:
    command = "FOO=$PORT sh -c 'a: b # c' && echo \"$PSQL\"   x | tee é"
    assert commands(f"web: {command}".encode()) == {"web": command}


def test_comments_and_blank_lines_are_ignored_and_counted() -> None:
    assert parse(b"# first\n\n  \t\n  # web: no\nweb: x\n#web: y\n", "Procfile") == (
        ProcessType("web", "x", 5),
    )


def test_crlf_is_as_good_as_lf() -> None:
    assert parse(b"web: x\r\n\r\nworker: y\r\n", "Procfile") == parse(b"web: x\n\nworker: y\n", "Procfile")


def test_a_byte_order_mark_is_skipped() -> None:
    assert commands(b"\xef\xbb\xbfweb: x") == {"web": "x"}


def test_a_line_that_is_no_process_is_an_error_with_its_file_and_line() -> None:
    found = problems(lambda: parse(b"web: x\n\nworker = y\n", "dev/Procfile"))
    assert [str(each) for each in found] == ["dev/Procfile:3: expected 'name: command', not 'worker = y'"]


def test_a_long_bad_line_is_quoted_in_short() -> None:
    assert mistakes(b"web: x\n" + b"y" * 41) == [(2, f"expected 'name: command', not '{'y' * 37}...'")]
    assert mistakes(b"y" * 40) == [(1, f"expected 'name: command', not '{'y' * 40}'")]


def test_a_name_that_comes_twice_is_an_error_that_names_the_first_line() -> None:
    assert mistakes(b"\nweb: x\nworker: y\nweb: z\nweb: z\n") == [
        (4, "'web' is already defined on line 2"),
        (5, "'web' is already defined on line 2"),
    ]


@pytest.mark.parametrize("data", [b"", b"\n\n", b"# web: x\n", b"\xef\xbb\xbf"])
def test_a_file_without_a_process_is_an_error_of_the_whole_file(data: bytes) -> None:
    assert mistakes(data) == [(None, "no process defined: write a line like 'web: python app.py'")]


@pytest.mark.parametrize("line", [b"web:", b"web:   ", b"web:\t\r"])
def test_an_empty_command_is_an_error(line: bytes) -> None:
    assert mistakes(b"worker: y\n" + line) == [(2, "'web' has no command")]


def test_a_line_that_is_not_utf_8_is_an_error_that_says_where() -> None:
    assert mistakes(b"ok: x\nweb: caf\xe9\n") == [(2, "not UTF-8 text (byte 0xe9 in column 9)")]


def test_a_nul_byte_is_an_error() -> None:
    assert mistakes(b"web: a\0b\n") == [(1, "a NUL byte: this is not a text file")]


def test_all_mistakes_of_the_file_are_told_at_once() -> None:
    data = b"web x\nweb: x\nworker:\nweb: y\n\xff\nclock: z\n\0\n"
    assert [line for line, _ in mistakes(data)] == [1, 3, 4, 5, 7]


def test_of_a_file_with_thousands_of_bad_lines_20_are_told_and_the_rest_counted() -> None:
    found = mistakes(b"?\n" * 5000)
    assert [line for line, _ in found] == [*range(1, 21), None]
    assert found[-1] == (None, "and 4980 more bad lines")
    assert len(mistakes(b"?\n" * 20)) == 20


@given(ENTRIES, st.lists(FILLER, max_size=4), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_every_valid_file_gives_back_what_was_written(
    entries: dict[str, str], filler: list[str], newline: str, bom: bool
) -> None:
    lines = [*filler, *(f"{name}: {command}" for name, command in entries.items()), *filler]
    text = newline.join(lines)
    assert commands(text.encode("utf-8-sig" if bom else "utf-8")) == entries


@given(
    st.binary(max_size=80)
    | st.text(st.sampled_from("web:# \t\r\n\0é-x"), max_size=60).map(str.encode)
    | st.lists(st.sampled_from([b"web: x", b"web:", b"\xff", b"? ", b"\0", b"#", b""])).map(b"\n".join)
)
def test_whatever_the_bytes_only_mistakes_on_lines_of_the_file_are_raised_in_order(data: bytes) -> None:
    found = problems_if_any(lambda: parse(data, "Procfile"))
    lines = [each.line for each in found if each.line is not None]
    assert lines == sorted(set(lines))
    assert all(1 <= line <= data.count(b"\n") + 1 for line in lines)
