"""The `.foreman` file: default options of people who come from Foreman, so that they can just switch."""

from __future__ import annotations

from typing import Any

from procman.errors import Problem, UserError

FILE = ".foreman"
NAMES = {"concurrency": "formation"}
"""Foreman's older names of options."""


def read(path: str) -> dict[str, str]:
    """The options of the file, as text by option name. Raises `UserError` for what is not YAML options.

    Options that only Foreman's `export` has are of no meaning here, and left to the caller to ignore.
    """
    import yaml  # 30 ms that only an app with the file waits for

    try:
        with open(path, encoding="utf-8") as file:
            written = yaml.safe_load(file)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise UserError([Problem(path, line, f"not YAML: {error.problem}")]) from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UserError([Problem(path, None, f"cannot be read: {error}")]) from None
    if not isinstance(written, dict | None):
        raise UserError([Problem(path, None, "expected lines like 'port: 3000'")])
    return {NAMES.get(str(key), str(key)): _text(str(key), value) for key, value in (written or {}).items()}


def _text(key: str, value: Any) -> str:
    """YAML's `true` for Foreman's switches, everything else as it is written."""
    if isinstance(value, bool):
        return ("always" if value else "never") if key == "color" else _switch(key, value)
    return str(value)


def _switch(key: str, value: bool) -> str:
    """`timestamp: false` is what `--no-timestamp` says."""
    return str(value != (key == "timestamp")).lower()
