"""What `procman pause` and `procman resume` do to a task."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from procman.cli import app as apps
from procman.cli import stores

if TYPE_CHECKING:
    from procman.cli.options import Namespace

WORDING = {
    (True, True): "is paused",
    (True, False): "was paused already",
    (False, True): "is resumed",
    (False, False): "was not paused",
}


def change(options: Namespace, pause: bool) -> int:
    """Pause or resume the task, and say what has changed."""
    root = apps.root_of(options)
    command = "pause" if pause else "resume"
    task = stores.find(options.task, apps.load_tasks(root), command).name
    store = stores.open_for_writing(root, durable=True)
    changed = (store.pause if pause else store.resume)(task, time.time())
    if options.json:
        print(json.dumps([{"task": task, "paused": pause}], indent=2))
    else:
        print(f"{task} {WORDING[pause, changed]}")
    if pause:
        stores.say_if_nobody(root)
    else:
        stores.ring(root)
    return 0
