"""A client of the control socket: asks once, and reads what comes."""

from __future__ import annotations

import json
import socket
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from procman.control import address, protocol
from procman.errors import NotRunningError, ProcmanError

if TYPE_CHECKING:
    from collections.abc import Iterator

READ_SIZE = 1 << 16


class TooLongError(ProcmanError):
    """It takes longer than the user wants to wait."""


def ask(folder: str, command: str, timeout: float | None = None, **arguments: Any) -> Any:
    """The result of a request to the procman of this state folder.

    Raises `NotRunningError`, `TooLongError`, and `RequestError` for what cannot be done.
    """
    for answer in stream(folder, command, timeout, **arguments):
        if "result" in answer:
            return answer["result"]
    raise NotRunningError("procman ended before it answered")


def stream(
    folder: str, command: str, timeout: float | None = None, **arguments: Any
) -> Iterator[dict[str, Any]]:
    """All objects of an answer. `timeout` is for each in seconds. Raises as `ask` does."""
    with _connected(folder) as connection:
        connection.settimeout(timeout)
        try:
            connection.sendall(protocol.request(command, **arguments))
            for line in _lines(connection):
                answer = json.loads(line)
                if "error" in answer:
                    raise protocol.RequestError(answer["error"], answer["exit_code"])
                yield answer
        except TimeoutError:
            raise TooLongError(f"not done after {timeout:g} s; procman goes on with it") from None
        except (BrokenPipeError, ConnectionResetError):
            raise NotRunningError("procman ended before it answered") from None


class Conversation:
    """A request whose answer is a stream, behind which more can be sent."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._rest = b""

    def fileno(self) -> int:
        """For select(2): there is something to receive."""
        return self._connection.fileno()

    def send(self, **values: Any) -> None:
        """One more object. Who is gone does not get it."""
        with suppress(BrokenPipeError, ConnectionResetError):
            self._connection.sendall(protocol.encode(values))

    def receive(self) -> list[dict[str, Any]] | None:
        """What has come, perhaps nothing that is whole yet; None at the end. Raises `RequestError`."""
        try:
            data = self._connection.recv(READ_SIZE)
        except ConnectionResetError:
            data = b""
        if not data:
            return None
        *lines, self._rest = (self._rest + data).split(b"\n")
        answers: list[dict[str, Any]] = [json.loads(line) for line in lines]
        for answer in answers:
            if "error" in answer:
                raise protocol.RequestError(answer["error"], answer["exit_code"])
        return answers


@contextmanager
def converse(folder: str, command: str, **arguments: Any) -> Iterator[Conversation]:
    """Begin a conversation, that ends with the `with` block. Raises `NotRunningError`."""
    with _connected(folder) as connection:
        connection.sendall(protocol.request(command, **arguments))
        yield Conversation(connection)


@contextmanager
def _connected(folder: str) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        try:
            with address.of(folder) as path:
                connection.connect(path)
        except (FileNotFoundError, NotADirectoryError, ConnectionRefusedError):
            raise NotRunningError("no procman runs this app: 'procman start' runs it") from None
        except OSError as error:
            raise NotRunningError(f"the running procman cannot be reached: {error.strerror}") from None
        yield connection


def _lines(connection: socket.socket) -> Iterator[bytes]:
    rest = b""
    while data := connection.recv(READ_SIZE):
        *lines, rest = (rest + data).split(b"\n")
        yield from lines
