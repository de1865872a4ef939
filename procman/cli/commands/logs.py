"""`procman logs`: what the running app has written, and what it writes."""

from __future__ import annotations

import json
import os
import re
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any

from procman.cli import apps, complaints, remote, rows
from procman.cli.colours import coloured
from procman.core.schedule import durations
from procman.core.text.escapes import for_pipe, for_terminal
from procman.core.text.prefix import colours_of
from procman.core.text.visible import printable
from procman.errors import Problem, UserError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from procman.cli.options import Namespace

    Found = tuple[dict[str, Any], str]

SHOWN = 200
STDOUT = 1
NARROWEST = 6


def run(options: Namespace) -> int:
    """Print lines of the log, those that are kept and with -f those to come. Raises `UserError`."""
    pattern = _pattern(options.pattern)
    most = options.number or (None if options.since is not None else SHOWN)
    arguments: dict[str, Any] = {"names": options.names, "follow": options.follow}
    if options.since is not None:
        arguments["since"] = _seconds_ago(options.since)
    if pattern is None and most is not None:
        arguments["lines"] = most
    lines: Iterable[Found] = _lines(remote.stream(apps.root_of(options), "logs", **arguments), pattern)
    if pattern and most is not None and not options.follow:
        lines = [*lines][-most:]
    width, colours = _style(options)
    for batch, text in lines:
        width = max(width, len(batch["name"]))
        _write(_shown(batch, text, width, colours, options))
    return 0


def _style(options: Namespace) -> tuple[int, Mapping[str, int]]:
    """The width of names, and colours by process type as `start` shows them, if there are to be any."""
    if options.json or not options.prefix:
        return 0, {}
    rows = remote.ask(apps.root_of(options), "ps")
    width = max([NARROWEST, *(len(row["name"]) for row in rows)])
    with_colours = coloured("auto", os.isatty(STDOUT))
    return width, colours_of(dict.fromkeys(row["type"] for row in rows)) if with_colours else {}


def _lines(
    answers: Iterable[dict[str, Any]], pattern: re.Pattern[str] | None
) -> Iterator[tuple[dict[str, Any], str]]:
    for answer in answers:
        if "lost" in answer:
            complaints.tell(
                f"{answer['lost']} pieces of the log are left out: they came faster than they were read"
            )
        elif batch := answer.get("log"):
            texts = batch["text"].split("\n")
            for text in texts[:-1] if texts[-1] == "" else texts:
                if pattern is None or pattern.search(text):
                    yield batch, text


def _shown(
    batch: dict[str, Any], text: str, width: int, colours: Mapping[str, int], options: Namespace
) -> str:
    if options.json:
        return json.dumps({"at": rows.time(batch["at"]), "name": batch["name"], "text": text})
    text = _steering_nothing(text)
    if not options.prefix:
        return text
    at = datetime.fromtimestamp(batch["at"]).astimezone()
    name = printable(batch["name"])
    head = f"{at:%H:%M:%S} {name:<{width}} |"
    colour = colours.get(name.rpartition(".")[0] or name)
    return f"{head} {text}" if colour is None else f"\x1b[{colour}m{head}\x1b[0m {text}"


def _steering_nothing(text: str) -> str:
    """The line, as the log of `start` shows it: its colours end with it, and the cursor stays in it."""
    treat = for_terminal if os.isatty(STDOUT) else for_pipe
    return treat(text.encode(errors="surrogateescape")).decode(errors="surrogateescape")


def _write(line: str) -> None:
    """The bytes, whatever they are."""
    data = line.encode(errors="surrogateescape") + b"\n"
    sys.stdout.flush()
    while data:
        data = data[os.write(STDOUT, data) :]


def _pattern(text: str | None) -> re.Pattern[str] | None:
    try:
        return None if text is None else re.compile(text)
    except re.error as error:
        raise UserError([Problem("--grep", None, f"no regular expression: {error}")]) from None


def _seconds_ago(text: str) -> float:
    import time

    try:
        return time.time() - durations.parse(text)
    except ValueError as error:
        raise UserError([Problem("--since", None, str(error))]) from None
