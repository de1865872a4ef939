"""Questions over TCP and HTTP, to real sockets."""

from __future__ import annotations

import resource
import socket
import sys
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import pytest

from procman.core.plan.policies import Kind
from procman.core.plan.questions import Question
from procman.host import prober, visit
from tests.host.asking import LOOPBACK, Asker, descriptors, free_port, has_ipv6, listener, serving, talk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Reply = Callable[[socket.socket], None]

WITH_IPV6 = pytest.mark.skipif(not has_ipv6(), reason="there is no IPv6")
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
LONGER = 4
"""Turns in which nothing is to happen."""


@pytest.fixture
def asker() -> Iterator[Asker]:
    asker = Asker()
    yield asker
    asker.close()


def tcp(port: int, host: str = LOOPBACK) -> Question:
    return Question(Kind.TCP, host, port)


def http(port: int, host: str = LOOPBACK, path: str = "/") -> Question:
    return Question(Kind.HTTP, host, port, path)


def saying(answer: bytes) -> Reply:
    """Hears the request, and says this."""

    def reply(client: socket.socket) -> None:
        client.recv(1 << 16)
        client.sendall(answer)

    return reply


@contextmanager
def no_more_descriptors() -> Iterator[None]:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def test_who_takes_a_connection_is_well(asker: Asker) -> None:
    with listener() as (_, port):  # it need not even accept it
        assert asker.ask(tcp(port)) is None


@pytest.mark.parametrize("kind", [Kind.TCP, Kind.HTTP])
def test_where_nobody_listens_the_connection_is_refused(asker: Asker, kind: Kind) -> None:
    assert asker.ask(Question(kind, LOOPBACK, free_port())) == "connection refused"


@WITH_IPV6
@pytest.mark.parametrize("host", ["::1", "localhost", "LOCALHOST"])
def test_ipv6_is_asked_where_it_is_meant(asker: Asker, host: str) -> None:
    with listener("::1") as (_, port):
        assert asker.ask(tcp(port)) == "connection refused"
        assert asker.ask(tcp(port, host)) is None


@WITH_IPV6
def test_an_ipv6_server_is_told_its_name_in_brackets(asker: Asker) -> None:
    heard: list[bytes] = []

    def reply(client: socket.socket) -> None:
        heard.append(client.recv(1 << 16))
        client.sendall(OK)

    with serving(reply, "::1") as port:
        assert asker.ask(http(port, "::1")) is None
    assert f"\r\nHost: [::1]:{port}\r\n".encode() in heard[0]


def test_localhost_is_ipv4_first_and_refused_where_both_are(asker: Asker) -> None:
    with listener() as (_, port):
        assert asker.ask(tcp(port, "localhost")) is None
    assert asker.ask(tcp(free_port(), "localhost")) == "connection refused"


def test_who_has_been_cancelled_gets_no_answer_though_it_is_known(asker: Asker) -> None:
    cancel = asker.begin(tcp(free_port()))
    cancel()
    cancel()
    for _ in range(LONGER):
        asker.turn()
    assert asker.answers == []


@pytest.mark.skipif(sys.platform != "linux", reason="other systems queue otherwise")
def test_a_connection_that_nobody_takes_is_waited_for_until_it_is_cancelled(asker: Asker) -> None:
    with listener(backlog=0) as (_, port), ExitStack() as others:
        for _ in range(4):  # the line is full: who comes now is not even refused
            other = others.enter_context(socket.socket())
            other.setblocking(False)
            other.connect_ex((LOOPBACK, port))
        before = descriptors()
        cancel = asker.begin(tcp(port))
        for _ in range(LONGER):
            asker.turn(0.01)
        assert asker.answers == []
        assert descriptors() == before + 1
        cancel()
        assert descriptors() == before


def test_a_connection_with_itself_is_none(asker: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        socket.socket() as alone,
        listener() as (_, port),
        socket.create_connection((LOOPBACK, port)) as other,
    ):
        alone.bind((LOOPBACK, 0))
        alone.connect(alone.getsockname())
        assert visit.is_own(alone)
        assert not visit.is_own(other)
        monkeypatch.setattr(visit, "is_own", lambda connection: True)
        assert asker.ask(tcp(port)) == "connection refused"


@pytest.mark.parametrize("status", ["200 OK", "204 No Content", "302 Found", "399 ", "301"])
def test_2xx_and_3xx_are_well(asker: Asker, status: str) -> None:
    with serving(saying(f"HTTP/1.1 {status}\r\nServer: x\r\n\r\n".encode())) as port:
        assert asker.ask(http(port)) is None


@pytest.mark.parametrize("status", [400, 404, 500, 503])
def test_other_statuses_are_told(asker: Asker, status: int) -> None:
    with serving(saying(f"HTTP/1.0 {status} Sorry\r\n\r\n".encode())) as port:
        assert asker.ask(http(port)) == f"answered {status}"


def test_the_request_says_who_asks_and_for_what(asker: Asker) -> None:
    heard: list[bytes] = []

    def reply(client: socket.socket) -> None:
        heard.append(client.recv(1 << 16))
        client.sendall(OK)

    with serving(reply) as port:
        asker.ask(http(port, path="/health?deep=1"))
    first, *headers = heard[0].decode().split("\r\n")
    assert first == "GET /health?deep=1 HTTP/1.1"
    assert {f"Host: 127.0.0.1:{port}", "User-Agent: procman", "Connection: close"} < {*headers}


@pytest.mark.parametrize("garbage", [b"SSH-2.0-OpenSSH\r\n", b"\x15\x03\x01\x00\x02\x02F", b"H" * 20, b"\n"])
def test_what_is_no_http_is_no_answer(asker: Asker, garbage: bytes) -> None:
    with serving(saying(garbage)) as port:
        assert asker.ask(http(port)) == "no answer in HTTP"


@pytest.mark.parametrize("part", [b"", b"HTTP/1.1 2"])
def test_who_hangs_up_without_an_answer_is_not_well(asker: Asker, part: bytes) -> None:
    with serving(saying(part)) as port:
        assert asker.ask(http(port)) == "closed without an answer"


def test_who_hangs_up_without_hearing_the_request_is_not_well(asker: Asker) -> None:
    with serving(lambda client: None) as port:
        assert asker.ask(http(port)) == "closed without an answer"


def test_a_status_line_may_come_byte_by_byte(asker: Asker) -> None:
    with listener() as (server, port):
        asker.begin(http(port))
        client, _ = server.accept()
        with client:
            for byte in b"HTTP/1.1 500":
                client.sendall(bytes([byte]))
                asker.turn(0.1)
            assert asker.answers == []
            client.sendall(b" ")
            asker.turn_until(lambda: bool(asker.answers))
    assert asker.answers == ["answered 500"]


def test_interim_answers_are_passed_over_but_not_without_end(asker: Asker) -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
    with serving(saying(hints * 2 + OK)) as port:
        assert asker.ask(http(port)) is None

    def endless(client: socket.socket) -> None:
        client.recv(1 << 16)
        with pytest.raises(ConnectionError):
            talk(client, hints * 100)

    with serving(endless) as port:
        assert asker.ask(http(port)) == "no answer in HTTP"


def test_who_never_answers_is_waited_for_until_it_is_cancelled(asker: Asker) -> None:
    before = descriptors()
    with listener() as (_, port):
        cancel = asker.begin(http(port))
        for _ in range(LONGER):
            asker.turn(0.01)
        assert asker.answers == []
        cancel()
    assert descriptors() == before


def test_who_has_answered_may_say_all_of_it(asker: Asker) -> None:
    with listener() as (server, port):
        cancel = asker.begin(http(port))
        client, _ = server.accept()
        with client:
            client.sendall(b"HTTP/1.1 200 OK\r\n")
            asker.turn_until(lambda: bool(asker.answers))
            cancel()
            for _ in range(3):  # the second would fail, were it hung up on
                client.sendall(b"x" * 1000)
                asker.turn(0.1)
        before = descriptors()
        asker.turn(0.1)
    assert descriptors() == before - 2  # its end is noticed, and the server is gone


def test_who_talks_without_end_is_hung_up_on(asker: Asker) -> None:
    def endless(client: socket.socket) -> None:
        client.recv(1 << 16)
        client.sendall(OK)
        with pytest.raises(ConnectionError):
            talk(client, b"x" * 1000)

    before = descriptors()
    with serving(endless) as port:
        assert asker.ask(http(port)) is None
        asker.turn_until(lambda: descriptors() <= before + 1)


def test_few_that_never_hang_up_are_waited_for(asker: Asker) -> None:
    with listener() as (server, port), ExitStack() as clients:
        before = descriptors()
        for count in range(1, prober.MOST_LEAVING + 10):
            asker.begin(http(port))
            client, _ = server.accept()
            clients.enter_context(client).sendall(OK)
            asker.turn_until(lambda: len(asker.answers) == count)  # noqa: B023 (it is called here)
        assert descriptors() == before + count + prober.MOST_LEAVING
        assert asker.answers == [None] * count


@pytest.mark.parametrize(
    "question",
    [tcp(1), http(1), http(1, "localhost"), http(1, "example.org"), Question(Kind.CMD, command="true")],
)
def test_a_shortage_of_descriptors_is_an_answer(asker: Asker, question: Question) -> None:
    with no_more_descriptors():
        assert asker.ask(question) == "too many open files: raise the limit with 'ulimit -n'"


def test_the_end_of_the_prober_ends_all(asker: Asker) -> None:
    before = descriptors()
    with listener() as (server, port):
        asker.begin(http(port))
        asker.begin(http(port))
        with server.accept()[0] as client:
            client.sendall(OK)
            asker.turn_until(lambda: bool(asker.answers))
            asker.begin(Question(Kind.CMD, command="sleep 1000"))
            asker.prober.close()
    asker.poller.receive_signals([])
    asker.turn_until(lambda: not asker.prober.pids)
    assert (asker.answers, descriptors()) == ([None], before)
