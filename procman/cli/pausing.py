"""What `procman pause` and `procman resume` do to a task."""

from __future__ import annotations

import time
from contextlib import closing
from typing import TYPE_CHECKING

from procman.cli import answers, apps, stores

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
    with closing(stores.open_for_writing(root, durable=True)) as store:
        changed = (store.pause if pause else store.resume)(task, time.time())
    if options.json:
        answers.say_json([{"task": task, "paused": pause}])
    else:
        answers.say(f"{task} {WORDING[pause, changed]}")
    if pause:
        stores.say_if_nobody(root)
    else:
        stores.ring(root)
    return 0
