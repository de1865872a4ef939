from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procman.core.text.prefix import FOREMAN_COLOURS, Style, colours_of, fitted, prefix, prefixed, shortened
from procman.core.text.terminal import fit
from tests.core.expect import joined
from tests.core.terminal import cut, without_codes

STYLE = Style(width=8, timestamp=True, prefix=True, colours={"web": 36})


def test_the_prefix_is_the_time_and_the_name_in_its_column() -> None:
    plain = STYLE._replace(colours={})
    assert prefix(plain, "web.1", "12:30:00") == b"12:30:00 web.1    | "
    assert prefix(plain, "worker.1", "12:30:00") == b"12:30:00 worker.1 | "


def test_the_prefix_is_coloured_and_reset_before_the_text() -> None:
    assert prefix(STYLE, "web.1", "12:30:00") == b"\x1b[36m12:30:00 web.1    | \x1b[0m"


def test_a_name_without_a_colour_is_plain() -> None:
    assert prefix(STYLE, "other", "12:30:00") == b"12:30:00 other    | "


def test_the_prefix_can_do_without_time_or_name_or_both() -> None:
    assert prefix(STYLE._replace(timestamp=False, colours={}), "web.1", "12:30:00") == b"web.1    | "
    assert prefix(STYLE._replace(prefix=False, colours={}), "web.1", "12:30:00") == b"12:30:00 "
    assert prefix(STYLE._replace(prefix=False), "web.1", "12:30:00") == b"\x1b[36m12:30:00 \x1b[0m"
    assert prefix(STYLE._replace(timestamp=False, prefix=False), "web.1", "12:30:00") == b""


@pytest.mark.parametrize(
    ("most", "shown"),
    [
        (0, "remind_of_registration.42"),
        (25, "remind_of_registration.42"),
        (24, "remind_of_re…stration.42"),
        (13, "remind…ion.42"),
        (3, "r…2"),
        (2, "r…"),
        (1, "…"),
    ],
)
def test_a_long_name_loses_its_middle(most: int, shown: str) -> None:
    assert shortened("remind_of_registration.42", most) == shown


@pytest.mark.parametrize(
    ("columns", "width", "timestamp"),
    [(200, 38, True), (120, 38, True), (80, 26, True), (60, 20, True), (59, 19, False), (2, 1, False)],
)
def test_on_a_terminal_the_name_takes_a_third_and_a_narrow_one_has_no_time(
    columns: int, width: int, timestamp: bool
) -> None:
    wide = STYLE._replace(width=38, colours={})
    found = fitted(wide, columns)
    assert (found.width, found.timestamp) == (width, timestamp)
    assert fitted(wide._replace(timestamp=False), 200).timestamp is False
    for name in ("web.1", "remind_of_the_registration_of_users.42"):
        column = prefix(found, name, "").decode().removeprefix(" ").removesuffix(" | ")
        assert len(column) == width


def test_a_shortened_name_keeps_its_colour() -> None:
    assert prefix(STYLE._replace(most=3, width=3), "web.1", "").startswith(b"\x1b[36m")


def test_a_time_format_that_is_not_utf_8_passes_unchanged() -> None:
    stamp = b"caf\xe9".decode(errors="surrogateescape")
    assert prefix(STYLE._replace(colours={}), "web.1", stamp) == b"caf\xe9 web.1    | "


def test_the_colours_are_cyan_yellow_green_magenta_red_blue_then_bright() -> None:
    assert FOREMAN_COLOURS == (36, 33, 32, 35, 31, 34, 96, 93, 92, 95, 91, 94)


def test_each_type_has_its_colour_and_after_the_last_the_first_comes_again() -> None:
    found = colours_of(["web", "worker", *(f"other{number}" for number in range(9)), "last", "again"])
    assert [found[name] for name in ("web", "worker", "last", "again")] == [36, 33, 94, 36]


def test_all_instances_of_a_type_and_all_runs_of_a_task_have_its_colour() -> None:
    style = STYLE._replace(colours=colours_of(["web", "a.task"]))
    assert prefix(style, "web.2", "").startswith(b"\x1b[36m")
    assert prefix(style, "a.task.42", "").startswith(b"\x1b[33m")
    assert prefix(style, "system", "").startswith(b"\x1b[97m")


def test_procman_s_own_words_have_a_colour_that_no_type_has() -> None:
    assert colours_of([])["system"] not in FOREMAN_COLOURS


@given(
    st.binary(max_size=5).map(lambda data: data.replace(b"\n", b"")),
    st.lists(st.binary(max_size=8).map(lambda data: data.replace(b"\n", b"")), min_size=1, max_size=6),
)
def test_every_line_of_a_batch_has_the_prefix(before: bytes, lines: list[bytes]) -> None:
    batch = b"".join(line + b"\n" for line in lines)
    assert joined(prefixed(before, batch)) == b"".join(before + line + b"\n" for line in lines)


def test_a_batch_without_a_prefix_is_not_copied() -> None:
    batch = b"a\nb\n"
    assert prefixed(b"", batch)[0] is batch


PIECES = [b"a", "e\N{COMBINING ACUTE ACCENT}".encode(), "漢".encode(), "😀".encode(), b"\x1b[31m", b"\x1b[0m"]


@given(
    st.lists(st.sampled_from([*PIECES, b"\x1b]8;;http://x\x07"]), max_size=12).map(b"".join),
    st.integers(-1, 12),
)
def test_a_line_is_cut_to_the_columns_and_keeps_its_colours_and_hyperlinks(line: bytes, columns: int) -> None:
    found = fit(line, columns)
    assert without_codes(found) == cut(without_codes(line), columns)
    for mark in (b"\x1b[31m", b"\x1b[0m", b"\x1b]8;;http://x\x07"):
        assert found.count(mark) == line.count(mark)


def test_a_tab_is_one_column_and_what_would_ring_or_move_is_left_out() -> None:
    assert fit(b"a\tb\x07c\x0bd\x0ce\x00f", 20) == b"a bcdef"


def test_bytes_that_are_not_utf_8_are_one_column_each_and_pass() -> None:
    assert fit(b"\xff\xfea\xe9b", 4) == b"\xff\xfea\xe9"


@given(st.binary(max_size=40), st.integers(0, 20))
def test_any_bytes_can_be_cut(line: bytes, columns: int) -> None:
    assert len(fit(line.replace(b"\x1b", b""), columns).decode(errors="replace")) <= 4 * max(columns, 20)


@pytest.mark.parametrize("columns", [-5, 0])
def test_where_there_is_no_column_only_codes_are_left(columns: int) -> None:
    assert fit(b"\x1b[36mab\x1b[0m", columns) == b"\x1b[36m\x1b[0m"
