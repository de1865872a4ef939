"""Keys as people write them, and the bytes that a terminal sends for them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procman.core.text import keys

CONTROL_BYTES = [bytes([number]) for number in range(32)]


@pytest.mark.parametrize(
    ("text", "byte"),
    [
        ("ctrl-a", b"\x01"),
        ("CTRL-A", b"\x01"),
        ("Ctrl+a", b"\x01"),
        ("c-a", b"\x01"),
        ("C-A", b"\x01"),
        ("^a", b"\x01"),
        ("^A", b"\x01"),
        ("ctrl-z", b"\x1a"),
        ("ctrl-\\", b"\x1c"),
        ("ctrl-]", b"\x1d"),
        ("^]", b"\x1d"),
        ("^^", b"\x1e"),
        ("ctrl-_", b"\x1f"),
        ("ctrl-@", b"\0"),
    ],
)
def test_a_key_is_written_as_people_do(text: str, byte: bytes) -> None:
    assert keys.parse(text) == byte


@pytest.mark.parametrize("text", ["ctrl-m", "^M", "ctrl-j", "^J", "ctrl-[", "^["])
def test_what_is_typed_for_other_reasons_is_no_key_for_this(text: str) -> None:
    with pytest.raises(ValueError, match="is no key for this: write one with Ctrl"):
        keys.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "x-a",
        "ctrl",
        "ctrl-",
        "ctrl-aa",
        "ctrl-1",
        "ctrl--",
        "ctrl a",
        " ctrl-a",
        "ctrl-a ",
        "ctrl-é",
        "ctrl-ß",
        "alt-a",
        "^",
        "^ab",
        "c-",
        "\x01",
    ],
)
def test_what_is_no_key_is_said_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"such as ctrl-a or 'ctrl-\]'"):
        keys.parse(text)


@given(st.text(max_size=8))
def test_any_text_is_one_control_byte_or_refused(text: str) -> None:
    try:
        found = keys.parse(text)
    except ValueError:
        return
    assert found in CONTROL_BYTES
    assert found not in (b"\r", b"\n", b"\x1b")


@pytest.mark.parametrize("byte", [byte for byte in CONTROL_BYTES if byte not in (b"\r", b"\n", b"\x1b")])
@pytest.mark.parametrize("prefix", ["ctrl-", "Ctrl+", "c-", "^"])
def test_the_name_of_a_key_is_one_that_can_be_written(byte: bytes, prefix: str) -> None:
    name = keys.name(byte)
    assert name.startswith("Ctrl-")
    assert keys.parse(name) == byte
    assert keys.parse(prefix + name[-1].lower()) == byte


def test_the_usual_key_is_told_as_it_is_on_the_keyboard() -> None:
    assert keys.name(b"\x1c") == "Ctrl-\\"
    assert keys.name(b"\x01") == "Ctrl-A"
