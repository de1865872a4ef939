"""Files of an app, read so that the user sees the mistakes of all of them at once."""

from __future__ import annotations

from procman.app import lookalikes
from procman.errors import PartlyReadError, Problem, UserError
from procman.shortages import reason
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    T = TypeVar("T")


class Mistakes:
    """Gathers the mistakes of several readings."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def gather(self, read: Callable[[], T], otherwise: T) -> T:
        """What `read` gives, or what it could read at least, or `otherwise` when it raises `UserError`."""
        try:
            return read()
        except PartlyReadError as error:
            self.problems += error.problems
            found: T = error.found
            return found
        except UserError as error:
            self.problems += error.problems
            return otherwise

    def check(self) -> None:
        """Raise `UserError` with all that was gathered, if anything was: file by file, line by line."""
        files = [*dict.fromkeys(problem.source for problem in self.problems)]
        if self.problems:
            raise UserError(
                sorted(
                    dict.fromkeys(self.problems),
                    key=lambda each: (files.index(each.source), each.line is None, each.line or 0),
                )
            )


def read(path: str, option: str, missing: str = "no such file") -> bytes:
    """The bytes of a file, which `option` may name. Raises `UserError` when it is missing, a folder or not
    to be read."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        found = " and ".join(lookalikes.of(path))
        text = (
            f"no such file, but there is {found}: rename it, or name it with {option}" if found else missing
        )
    except IsADirectoryError:
        text = "this is a folder, not a file"
    except OSError as error:
        text = f"cannot be read: {reason(error)}"
    raise UserError([Problem(path, None, text)])
