"""`--log-dir`: a file for each process, beside what the log shows."""

from __future__ import annotations

import os

from procman import statefolder
from procman.cli.display import JSON
from procman.core.facts import Notice
from procman.core.text.bare import BareScreen
from procman.errors import Problem, UserError
from procman.host.limits import OPEN_FILES
from procman.logs.files import Folder, LogFiles
from procman.logs.heads import FileHeads
from procman.logs.logfile import Sizes
from procman.shortages import WHAT_TO_DO, reason
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from procman.app.app import App
    from procman.cli.controlling import Parts
    from procman.cli.options import Namespace
    from procman.core.plan.plan import Plan
    from procman.logs.files import Lines
    from procman.logs.hub import Heads


def begin(
    options: Namespace, tasks: Iterable[str], parts: Parts, wake: Callable[[], None]
) -> Callable[[App, Plan], None]:
    """Have all lines written there too; gives who is to be told when the app was read again.

    Raises `UserError` when there is no such folder and it cannot be made.
    """
    _make(options.log_dir, options.written.get("log_dir", "--log-dir"))
    OPEN_FILES.extend()
    known = {*tasks}
    folder = Folder(options.log_dir, Sizes(options.log_size, options.log_keep), known)
    heads, screen = _looks(options.log_files, known)
    engine, _, bus, log, _ = parts
    files = LogFiles(folder, heads, screen, lambda text: log.say(Notice(text)), wake)
    log.sinks.append(files.add)
    log.outputs.append(files)
    bus.subscribe(files.hear)
    engine.after.append(files.after_turn)
    engine.reopens = files.reopen
    return lambda app, plan: known.update(app.tasks)


def _looks(form: str, tasks: set[str]) -> tuple[Heads, Lines]:
    if form != JSON:
        return FileHeads(tasks), BareScreen()
    from procman.core.text.jsonlines import JsonScreen  # only machines wait for it
    from procman.logs.jsonheads import JsonHeads

    return JsonHeads(), JsonScreen()


def _make(folder: str, source: str) -> None:
    """A full disk is told later, and hinders nobody."""
    try:
        if not os.path.isdir(folder):
            os.makedirs(os.path.dirname(folder), exist_ok=True)
            os.mkdir(folder, statefolder.PRIVATE)
    except FileExistsError as error:
        text = f"{error.filename} is not a folder: move it away, or name another one"
        raise UserError([Problem(source, None, text)]) from None
    except OSError as error:
        if error.errno not in WHAT_TO_DO:
            text = f"{folder} cannot be made: {reason(error)}"
            raise UserError([Problem(source, None, text)]) from None
    else:
        if not os.access(folder, os.W_OK | os.X_OK):
            text = f"nothing can be written in {folder}: give it to the user who runs procman"
            raise UserError([Problem(source, None, text)])
