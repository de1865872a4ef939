"""What goes over the control socket: an object a line, JSON in ASCII. `docs/protocol.md` has it for others.

A connection carries one request and its answer. The answer is one object, or a stream of them; then the
server closes the connection. Bytes that are not UTF-8 are lone surrogates in JSON (PEP 383).
"""

from __future__ import annotations

from procman.core.facts import has_words
from procman.errors import ProcmanError
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    from procman.logs.ring import Batch

VERSION = 1
LONGEST_REQUEST = 1 << 16
"""Bytes of a request, with its newline."""


class RequestError(ProcmanError):
    """A request that cannot be done: `exit_code` is what the command that sent it exits with."""

    def __init__(self, text: str, exit_code: int = 2) -> None:
        super().__init__(text)
        self.exit_code = exit_code

    @property
    def lines(self) -> tuple[str, ...]:
        """A line for each mistake."""
        return tuple(str(self).split("\n"))


def encode(value: dict[str, Any]) -> bytes:
    """One object as a line."""
    import json  # what nobody asks anything waits for nothing

    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


def request(command: str, **arguments: Any) -> bytes:
    """What a client sends."""
    return encode({"procman": VERSION, "command": command, **arguments})


def read_object(line: bytes) -> dict[str, Any]:
    """What a client sends. Raises `RequestError`."""
    import json

    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise RequestError("a request is a JSON object on a line of its own")
    return found


def read_request(line: bytes) -> dict[str, Any]:
    """The first of it. Raises `RequestError`."""
    found = read_object(line)
    if not isinstance(found.get("command"), str):
        raise RequestError("a request is a JSON object with a 'command'")
    if found.get("procman") != VERSION:
        raise RequestError(
            f"this procman speaks version {VERSION} of the protocol, the request has no 'procman' with that"
        )
    return found


def result(found: Any) -> bytes:
    """The answer to a request that is done."""
    return encode({"result": found})


def error(text: str, exit_code: int) -> bytes:
    """The answer to a request that cannot be done."""
    return encode({"error": text, "exit_code": exit_code})


def batch(found: Batch) -> bytes:
    """Lines of the log."""
    text = found.lines.decode(errors="surrogateescape")
    return encode({"log": {"at": round(found.at, 3), "name": found.name, "text": text}})


def fact(at: float, found: Any) -> bytes:
    """A fact, by the name of its type, with what is known of it."""
    known = found._asdict()
    text = str(found) if has_words(found) else ", ".join(f"{key}: {value}" for key, value in known.items())
    return encode({"fact": {"at": round(at, 3), "type": type(found).__name__, **known, "text": text}})


def lost(number: int) -> bytes:
    """So many objects of a stream are left out here: the client has not read them in time."""
    return encode({"lost": number})
