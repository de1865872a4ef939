"""`procman cancel`: a run that waits for its time is taken back."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING

from procman.cli import app as apps
from procman.cli import rows, stores
from procman.errors import NO_SUCH_NAME

if TYPE_CHECKING:
    from argparse import Namespace


def run(options: Namespace) -> int:
    """Take back a run that waits for its time."""
    store = stores.open_for_reading(apps.root_of(options))
    number = int(options.id) if options.id.isdecimal() and len(options.id) < 19 else 0
    waiting = store.run(number) if store else None
    done = bool(store and waiting and store.cancel(number, time.time()))
    if waiting is None:
        print(f"cancel: no job '{options.id}': 'procman jobs' lists them", file=sys.stderr)
    elif not done:
        print(f"cancel: {waiting.name} does not wait any more: it is {rows.ending(waiting)}", file=sys.stderr)
    elif options.json and store and (now := store.run(number)):
        print(json.dumps([rows.run(now)], indent=2))
    else:
        print(f"{waiting.name} canceled")
    return 0 if done else NO_SUCH_NAME
