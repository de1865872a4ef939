"""The `.foreman` file: default options of people who come from Foreman, so that they can just switch."""

from __future__ import annotations

import os
from typing import Any

from procman.errors import Problem, UserError

FILE = ".foreman"
NAMES = {"concurrency": "formation"}
"""Foreman's older names of options."""
PATHS = ("procfile", "root", "env")
"""Options that name files or folders: relative to that of the `.foreman` file."""


def read(path: str) -> dict[str, str]:
    """The options of the file, as text by option name. Raises `UserError` for what is not YAML options.

    Options that only Foreman's `export` has are of no meaning here, and left to the caller to ignore.
    """
    written = _load(path)
    if not isinstance(written, dict):
        raise UserError([Problem(path, None, "expected lines like 'port: 3000'")])
    named = {NAMES.get(str(key), str(key)): value for key, value in written.items() if value is not None}
    texts = {key: _text(key, value) for key, value in named.items()}
    folder = os.path.dirname(path)
    return {key: from_folder(folder, key, text) for key, text in texts.items()}


def _load(path: str) -> Any:
    import yaml  # 30 ms that only an app with the file waits for

    try:
        with open(path, encoding="utf-8") as file:
            return yaml.safe_load(file) or {}
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise UserError([Problem(path, line, f"not YAML: {error.problem}")]) from None
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise UserError([Problem(path, None, f"cannot be read: {error}")]) from None


def _text(key: str, value: Any) -> str:
    """The value as it would be typed on the command line."""
    if isinstance(value, bool):
        return ("always" if value else "never") if key == "color" else _switch(key, value)
    if isinstance(value, list):
        return ",".join(map(str, value))
    if isinstance(value, dict):
        return ",".join(f"{name}={number}" for name, number in value.items())
    return str(value)


def _switch(key: str, value: bool) -> str:
    """`timestamp: false` is what `--no-timestamp` says."""
    return str(value != (key == "timestamp")).lower()


def from_folder(folder: str, key: str, text: str) -> str:
    """The value of an option in a file of this folder: paths are relative to it."""
    if key not in PATHS:
        return text
    return ",".join(os.path.join(folder, path.strip()) for path in text.split(","))
