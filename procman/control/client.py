"""A client of the control socket: asks once, and reads what comes."""

from __future__ import annotations

import json
import socket
from contextlib import contextmanager
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
