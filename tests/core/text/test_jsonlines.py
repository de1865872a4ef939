from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procman.core.text.jsonlines import CHILD, JsonScreen, head
from tests.core.expect import joined

HEAD = head("1970-01-01T00:00:00.000000Z", "web.1", 7, CHILD)


def objects(lines: bytes) -> list[dict[str, Any]]:
    """As a reader takes them that knows every end of a line there is."""
    text = joined(JsonScreen().lines("web.1", HEAD, lines)).decode()
    assert text.endswith("\n")
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (b"", ""),
        (b'say "hi" \\ C:\\new\\u0041', 'say "hi" \\ C:\\new\\u0041'),
        (b"\ttab\x1b[31mred\x1b[0m\a\0\b\f\r\x7f", None),
        ("é 日本 😀".encode(), None),
        ("a\x9b2J".encode(), None),
        ("a\u2028b\u2029\u2027".encode(), None),
        (b"caf\xe9 \xc2 \xed\xa0\x80", "caf\ufffd \ufffd \ufffd\ufffd\ufffd"),
    ],
)
def test_a_line_is_the_text_of_one_object(line: bytes, text: str | None) -> None:
    wanted = line.decode() if text is None else text
    assert [each["text"] for each in objects(line + b"\n")] == [wanted]


def test_who_is_not_known_is_null() -> None:
    assert json.loads(head("T", None, None, CHILD) + b'"}') == {
        "time": "T",
        "process": None,
        "pid": None,
        "stream": "child",
        "text": "",
    }


SIGNS = [b"a", b"\n", b'"', b"\\", *(bytes([each]) for each in b"\x1b\x0b\x1c\x7f\xff\xc2\x85\xe2\x80\xa8")]


BYTES = st.one_of(
    st.binary(max_size=60), st.lists(st.sampled_from([*SIGNS, b"\xc2\x9b"]), max_size=20).map(b"".join)
)


@given(BYTES)
def test_any_bytes_are_as_many_objects_as_lines(data: bytes) -> None:
    lines = data.decode(errors="replace").split("\n")
    assert [each["text"] for each in objects(data + b"\n")] == lines
    assert all(each["process"] == "web.1" for each in objects(data + b"\n"))


@given(BYTES)
def test_no_object_steers_a_terminal(data: bytes) -> None:
    text = joined(JsonScreen().lines("web.1", HEAD, data + b"\n")).decode().replace("\n", "")
    assert not [sign for sign in text if ord(sign) < 32 or 127 <= ord(sign) < 160]
