"""`procman stop`: processes of the running app, or all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.cli import answers, apps, remote

if TYPE_CHECKING:
    from procman.cli.options import Namespace


def run(options: Namespace) -> int:
    """Stop what is named, or everything; back when it is down."""
    root = apps.root_of(options)
    if options.names:
        return remote.change(root, "stop", options.names, options)
    pid = remote.ask(root, "stop", options.timeout)["pid"]
    if options.wait:
        remote.wait_for_end(pid, options.timeout)
    ended = "has ended" if options.wait else "is stopping"
    if options.json:
        answers.say_json({"pid": pid, "ended": options.wait})
    else:
        answers.say(f"procman {ended} (pid {pid})")
    return 0
