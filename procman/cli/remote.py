"""What the commands ask of the procman that runs the app, and how its answers are told."""

from __future__ import annotations

import os
import select
import time
from typing import TYPE_CHECKING

from procman.cli import answers, rows
from procman.control import client
from procman.control.client import TooLongError
from procman.errors import Problem, UserError
from procman.host import place

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from procman.cli.options import Namespace

LOOK_SECONDS = 0.02
PHRASES = {
    "backoff": "has failed and will be tried again",
    "completed": "has completed",
    "failed": "has failed",
    "skipped": "was skipped",
}
"""Where "is" is no English."""
NOT_UP = ("backoff", "failed", "skipped")


def ask(root: str, command: str, timeout: float | None = None, **arguments: Any) -> Any:
    """The result of a request to the procman that runs the app in `root`. Raises as `client.ask` does."""
    return client.ask(place.of_running(root), command, timeout, **arguments)


def stream(root: str, command: str, **arguments: Any) -> Iterator[dict[str, Any]]:
    """A stream of answers, likewise."""
    return client.stream(place.of_running(root), command, **arguments)


def change(root: str, command: str, names: Sequence[str], options: Namespace, **more: Any) -> int:
    """Have something done to processes, and tell what they are then; the exit code."""
    found = ask(root, command, options.timeout, names=list(names), wait=options.wait, **more)
    tell(found, options)
    return exit_code(found)


def exit_code(found: Sequence[dict[str, Any]]) -> int:
    """1 when a process is not as it is wanted, and will not be soon."""
    return int(any(row["wanted"] == "up" and row["phase"] in NOT_UP for row in found))


def tell(found: Sequence[dict[str, Any]], options: Namespace) -> None:
    """Processes, in words or as JSON."""
    if options.json:
        answers.say_json([as_json(row) for row in found])
    else:
        answers.say(*map(told, found))


def start(root: str, names: Sequence[str]) -> int:
    """Start processes in the procman that runs the app already; the exit code. Raises `UserError`."""
    if counts := [name for name in names if "=" in name]:
        text = f"procman runs already: 'procman scale {' '.join(counts)}' does that while it runs"
        raise UserError([Problem("start", None, text)])
    found = ask(root, "start", names=list(names))
    answers.say(
        *map(told, found),
        f"they run in the procman that is there: 'procman logs -f {' '.join(names)}' follows",
    )
    return exit_code(found)


def as_json(row: dict[str, Any]) -> dict[str, Any]:
    """One process, as `--json` has it."""
    kept = {key: value for key, value in row.items() if key not in ("leader", "command", "cpu_s")}
    return {**kept, "started_at": rows.time(row["started_at"]), "command": row["command"]}


def told(row: dict[str, Any]) -> str:
    """One process, in words."""
    note = f": {row['note']}" if row["note"] else ""
    phase = PHRASES.get(row["phase"], f"is {row['phase']}")
    if row["pid"] is not None:
        return f"{row['name']} {phase} (pid {row['pid']}){note}"
    code = "" if row["exit_code"] is None else f", exit code {row['exit_code']}"
    return f"{row['name']} {phase}{note or code}"


def wait_for_end(pid: int, timeout: float | None) -> None:
    """Until a process that is not our child has ended. Raises `TooLongError`."""
    deadline = None if timeout is None else time.monotonic() + timeout
    try:
        fd = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    except (OSError, AttributeError):
        _look_for_end(pid, deadline)
    else:
        try:
            if not select.select([fd], [], [], timeout)[0]:
                raise TooLongError(f"procman (pid {pid}) has not ended after {timeout:g} s")
        finally:
            os.close(fd)


def _look_for_end(pid: int, deadline: float | None) -> None:
    """Where the system cannot tell."""
    while True:
        try:
            os.kill(pid, 0)
        except OSError:
            return
        if deadline is not None and time.monotonic() >= deadline:
            raise TooLongError(f"procman (pid {pid}) has not ended yet")
        time.sleep(LOOK_SECONDS)
