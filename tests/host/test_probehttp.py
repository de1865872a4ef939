"""The little HTTP that a probe needs."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procman.host.probehttp import request, status, verdict

HEADS = st.builds(
    lambda minor, code, reason, rest: (code, b"HTTP/1.%d %d %s\r\n%s" % (minor, code, reason, rest)),
    st.integers(0, 1),
    st.integers(200, 599),
    st.from_regex(rb"[ -~]{0,20}", fullmatch=True),
    st.binary(),
)


@given(st.text(max_size=50), st.sampled_from(["127.0.0.1", "::1", "db"]), st.integers(1, 65535))
def test_nothing_in_a_path_reaches_the_headers(path: str, host: str, port: int) -> None:
    lines = request(host, port, f"/{path}").decode("ascii").split("\r\n")
    assert re.fullmatch(r"GET /[!-~]* HTTP/1\.1", lines[0])
    assert len(lines) == 7
    assert lines[-2:] == ["", ""]


def test_what_no_path_may_have_in_it_is_escaped() -> None:
    assert request("db", 8000, "/é x\n").startswith(b"GET /%C3%A9%20x%0A HTTP/1.1\r\nHost: db:8000\r\n")


def test_the_usual_port_is_not_told() -> None:
    assert b"\r\nHost: db\r\n" in request("db", 80, "/")


@given(HEADS, st.data())
def test_a_status_is_read_as_soon_as_it_is_there_and_not_before(
    head: tuple[int, bytes], data: st.DataObject
) -> None:
    code, answer = head
    cut = data.draw(st.integers(0, len(answer)))
    assert status(answer[:cut]) == (code if cut >= len("HTTP/1.1 200 ") else None)


@given(st.integers(100, 199), st.binary().filter(lambda rest: not rest.startswith(b"HTTP/"[: len(rest)])))
def test_behind_an_interim_answer_only_another_counts(interim: int, rest: bytes) -> None:
    before = b"HTTP/1.1 %d Wait\r\nA: b\r\n\r\n" % interim
    assert status(before) is None
    assert status(before * 2 + b"HTTP/1.1 404 Not Found\r\n") == 404
    with pytest.raises(ValueError, match="no answer in HTTP"):
        status(before + rest)


@given(st.binary(max_size=40))
def test_other_bytes_are_no_http(data: bytes) -> None:
    try:
        found = status(data)
    except ValueError:
        return
    assert found is not None or data.startswith(b"HTTP/"[: len(data)])


@pytest.mark.parametrize(
    ("code", "why"), [(200, None), (399, None), (400, "answered 400"), (999, "answered 999")]
)
def test_a_verdict_is_about_the_status_alone(code: int, why: str | None) -> None:
    assert verdict(code) == why
