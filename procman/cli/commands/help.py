"""`procman help [COMMAND]`, which is also `--help`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.cli import answers, commands, parser, usage
from procman.errors import Problem, UserError

if TYPE_CHECKING:
    from procman.cli.options import Namespace


def run(options: Namespace) -> int:
    """Print what can be typed. Raises `UserError` for a command that there is not."""
    topic = options.topic
    if not topic:
        answers.write(usage.of_all())
        return 0
    found = [topic] if topic == "run task" else commands.meant(topic)
    if len(found) != 1:
        raise UserError([Problem("help", None, parser.no_such_command(topic, found))])
    answers.write(usage.of_command(found[0]))
    return 0
