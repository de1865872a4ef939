"""The `.foreman` file: default options of people who come from Foreman, so that they can just switch."""

from __future__ import annotations

import os

from procman.errors import Problem, UserError
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from procman.app.settings import Settings

FILE, ENV = ".foreman", ".env"
OF_EXPORT = ("app", "format", "location", "log", "run", "template", "user")
"""Options that only Foreman's `export` has."""
PATHS = ("procfile", "root", "env", "log_dir")
"""Options that name files or folders: relative to that of the `.foreman` file."""


def read(path: str) -> dict[str, str]:
    """The options of the file, as text by name (`timestamp_format`). Raises `UserError` for what is no YAML.

    Names may be Ruby's symbols (`:port: 3000`), as Foreman has them. Which names mean something is not known
    here.
    """
    written = _load(path)
    if not isinstance(written, dict):
        raise UserError([Problem(path, None, "expected lines like 'port: 3000'")])
    named = {_name(key): value for key, value in written.items() if value is not None}
    folder = os.path.dirname(path)
    return {key: from_folder(folder, key, _text(value)) for key, value in named.items()}


def _name(key: Any) -> str:
    return _symbol(key).replace("-", "_")


def _symbol(word: Any) -> str:
    """Ruby writes the symbol `port` as `:port`."""
    return str(word).removeprefix(":")


def passed_over(root: str, settings: Settings) -> Iterator[str]:
    """What to say of files in the working folder that count with Foreman, when the app is elsewhere."""
    if os.path.samefile(root, os.curdir):
        return
    place = os.path.relpath(root)
    if os.path.exists(ENV) and not settings.env:
        yield f"{ENV} of this folder is not read, as the app is in {place}: name it with '-e {ENV}'"
    if os.path.exists(FILE) and FILE not in settings.options_from:
        yield f"{FILE} of this folder is not read, as the app is in {place}: move it there"


def _load(path: str) -> Any:
    import yaml  # 30 ms that only an app with the file waits for

    try:
        with open(path, encoding="utf-8") as file:
            return yaml.safe_load(file) or {}
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise UserError([Problem(path, line, f"not YAML: {error.problem}")]) from None
    except UnicodeDecodeError:
        raise UserError([Problem(path, None, "not UTF-8 text")]) from None
    except ValueError:  # 'port: 2026-13-45': YAML takes it for a date, and each Python says so in other words
        raise UserError([Problem(path, None, "a date or number that is none: put it in quotes")]) from None
    except (OSError, RecursionError, yaml.YAMLError) as error:
        raise UserError([Problem(path, None, f"cannot be read: {error}")]) from None


def _text(value: Any) -> str:
    """The value as it would be typed on the command line."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ",".join(map(str, value))
    if isinstance(value, dict):
        return ",".join(f"{_symbol(name)}={number}" for name, number in value.items())
    return str(value)


def from_folder(folder: str, key: str, text: str) -> str:
    """The value of an option in a file of this folder: paths are relative to it."""
    if key not in PATHS:
        return text
    return ",".join(os.path.join(folder, path.strip()) for path in text.split(","))
