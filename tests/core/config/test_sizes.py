from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procman.core.config.sizes import LARGEST, UNITS, parse, wording

K, M, G = 1024, 1024**2, 1024**3


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0),
        ("1000", 1000),
        ("1000 B", 1000),
        ("10K", 10 * K),
        ("10 kb", 10 * K),
        ("10KiB", 10 * K),
        ("512M", 512 * M),
        ("512 MB", 512 * M),
        ("10 MiB", 10 * M),
        ("1.5 GB", 3 * G // 2),
        ("1.5g", 3 * G // 2),
        ("2T", 2048 * G),
        ("  64m ", 64 * M),
        ("0.1K", 102),
        ("1024T", LARGEST),
    ],
)
def test_a_size_is_a_number_with_a_unit_or_bytes(text: str, size: int) -> None:
    assert parse(text) == size


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "'' is not a size like 512M, 1.5 GB or 1000"),
        ("much", "'much' is not a size like 512M, 1.5 GB or 1000"),
        ("-5M", "'-5M' is not a size like 512M, 1.5 GB or 1000"),
        ("1e6", "'1e6' is not a size like 512M, 1.5 GB or 1000"),
        ("1,5M", "'1,5M' is not a size like 512M, 1.5 GB or 1000"),
        ("5M!", "'5M!' is not a size like 512M, 1.5 GB or 1000"),
        ("1G512M", "'1G512M' is not a size like 512M, 1.5 GB or 1000"),
        ("٣M", "'٣M' is not a size like 512M, 1.5 GB or 1000"),
        ("5 megs", "'megs' is not a unit of size: K, M, G and T are"),
        ("10i", "'i' is not a unit of size: K, M, G and T are"),
        ("1.5", "'1.5' is no whole number of bytes: is it 1.5M or 1.5G?"),
        ("1.5 B", "'1.5 B' is no whole number of bytes: is it 1.5M or 1.5G?"),
        ("1025T", "'1025T' is larger than 1024 T"),
    ],
)
def test_anything_else_is_an_error_that_says_what_to_write(text: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=re.escape(wrong) + "$"):
        parse(text)


def parse_or_mistake(text: str) -> int | str:
    try:
        return parse(text)
    except ValueError as error:
        return str(error)


@given(st.text() | st.text("0123456789kKmMgGtTiIbB. -", max_size=14))
def test_whatever_the_text_it_is_a_size_or_an_error_for_people(text: str) -> None:
    found = parse_or_mistake(text)
    assert isinstance(found, str) or 0 <= found <= LARGEST


@given(
    st.integers(0, 1023),
    st.sampled_from([*UNITS]),
    st.sampled_from(["", "b", "B", "iB", "IB"]),
    st.booleans(),
)
def test_a_unit_means_the_same_however_it_is_written(number: int, unit: str, end: str, low: bool) -> None:
    text = f"{number} {unit.lower() if low else unit}{end if unit else ''}"
    assert parse(text) == number * UNITS[unit]


@given(st.integers(0, LARGEST))
def test_what_is_shown_is_what_was_meant(size: int) -> None:
    assert parse(wording(size)) == pytest.approx(size, rel=0.06)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (900, "900 B"),
        (1023, "1023 B"),
        (1024, "1 KB"),
        (1536, "1.5 KB"),
        (10 * M, "10 MB"),
        (1024 * M - 1, "1 GB"),
        (512 * M, "512 MB"),
        (3 * G // 2, "1.5 GB"),
    ],
)
def test_people_read_a_size_in_one_unit(size: int, text: str) -> None:
    assert wording(size) == text
