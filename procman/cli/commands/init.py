"""`procman init`: a procman.yml to begin with, from the Procfile that is there."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from procman.app import taskfiles
from procman.cli import answers, apps
from procman.core.config import sketch
from procman.errors import Problem, UserError
from procman.shortages import reason

if TYPE_CHECKING:
    from procman.cli.options import Namespace


def run(options: Namespace) -> int:
    """Write it; never over one that is there. Raises `UserError`."""
    root = apps.root_of(options)
    path = os.path.relpath(os.path.join(root, taskfiles.FILE))
    types = apps.types_of(options)
    others = [*taskfiles.misnamed(root)]
    if others:
        raise UserError(Problem(path, None, text) for text in others)
    try:
        with open(path, "x", encoding="utf-8") as file:
            file.write(sketch.of(types))
    except FileExistsError:
        text = "it is there already, and stays as it is: 'procman check' tells whether it is right"
        raise UserError([Problem(path, None, text)]) from None
    except OSError as error:
        raise UserError([Problem(path, None, f"cannot be written: {reason(error)}")]) from None
    answers.say(f"{path} is written: take the '#' away from what you want, and ask 'procman check'")
    return 0
