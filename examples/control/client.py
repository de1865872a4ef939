"""A client of procman's control socket, written from docs/protocol.md alone: client.py [NAME ...]"""

import json
import socket
import sys
from collections.abc import Iterator
from typing import Any


def ask(command: str, **arguments: Any) -> Iterator[dict[str, Any]]:
    """All objects of the answer of the procman that runs the app in this folder."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(".procman/control.sock")
        request = {"procman": 1, "command": command, **arguments}
        connection.sendall(json.dumps(request).encode() + b"\n")
        for line in connection.makefile("rb"):
            answer = json.loads(line)
            if "error" in answer:
                sys.exit(answer["error"])
            yield answer


def main() -> None:
    """List the processes, then follow what they write."""
    for answer in ask("ps"):
        for row in answer["result"]:
            print(row["name"], row["phase"], row["pid"], flush=True)
    for answer in ask("logs", names=sys.argv[1:], follow=True):
        if log := answer.get("log"):
            print(f"{log['name']}: {log['text']}", end="", flush=True)


main()
