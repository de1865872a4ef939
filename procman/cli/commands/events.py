"""`procman events`: what happens in the running app, a line each."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from typing import TYPE_CHECKING

from procman.cli import answers, apps, complaints, remote, rows

if TYPE_CHECKING:
    from typing import Any

    from procman.cli.options import Namespace


def run(options: Namespace) -> int:
    """Print facts as they come, until procman ends or somebody presses Ctrl-C."""
    for answer in remote.stream(apps.root_of(options), "events"):
        if "lost" in answer:
            complaints.tell(f"{answer['lost']} events are left out: they came faster than they were read")
        elif options.json:
            answers.write(json.dumps({**answer["fact"], "at": rows.time(answer["fact"]["at"])}))
        else:
            answers.say(_line(answer["fact"]))
        sys.stdout.flush()
    return 0


def _line(fact: dict[str, Any]) -> str:
    at = datetime.fromtimestamp(fact["at"]).astimezone()
    return f"{at:%H:%M:%S} {fact['type']}: {fact['text']}"
