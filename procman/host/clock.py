"""The clock on the wall: what zone it shows, told as the C library does (tzset(3), localtime(5)).

Only where /etc/localtime is missing is /etc/timezone looked at: many an image has one that is not true.
"""

from __future__ import annotations

import os
import re
from io import BytesIO
from struct import pack

from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import tzinfo

LOCALTIME, TIMEZONE = "/etc/localtime", "/etc/timezone"
LOCAL = "local"
"""What a zone is called that only has rules."""
IN_ZONEINFO = re.compile(r".*/zoneinfo[^/]*/(?:posix/|right/)?(?P<name>.+)", re.DOTALL)
MOST_LINKS = 40
NAME, OFFSET = r"(?:[A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>)", r"[+-]?[0-9]{1,2}(?::[0-5][0-9]){0,2}"
POSIX = re.compile(f"(?P<name>{NAME}){OFFSET}(?P<summer>{NAME}(?:{OFFSET})?)?(?P<rules>,.+)?", re.ASCII)
AMERICAN = ",M3.2.0,M11.1.0"
"""Summer time as the C library has it where TZ names one and has no rules for it."""


def system_zone() -> tzinfo:
    """The zone of TZ, else of the system, else UTC; an `Unknown` one when either is wrong."""
    from procman.core.schedule.zones import Unknown  # with datetime, 3 ms

    variable = os.environ.get("TZ")
    try:
        return _of_system() if variable is None else _of_variable(variable)
    except ValueError as error:
        return Unknown(f"the system's cannot be told ({error}): set 'timezone:' in procman.yml, or TZ")


def _of_variable(text: str) -> tzinfo:
    from procman.core.schedule.zones import load

    name = text.removeprefix(":") or "UTC"
    if name.startswith("/"):
        return _of_file(name, _name_in(name) or os.path.basename(name))
    own = os.path.join(os.environ.get("TZDIR", ""), name)
    if own != name and os.path.isfile(own):
        return _of_file(own, name)
    zone = load(name) or _posix(name)
    if zone is None:
        raise ValueError(f"TZ is '{' '.join(text.split())}', which is no time zone")
    return zone


def _of_system() -> tzinfo:
    """A copy in the place of a link has no name, unless /etc/timezone has that of the same zone."""
    from procman.core.schedule.zones import load

    linked, named = _name_in(LOCALTIME), _name_written()
    if linked and (zone := load(linked)):
        return zone
    if os.path.lexists(LOCALTIME):
        return _of_file(LOCALTIME, named if named and _is_copy(named) else LOCAL)
    found = load(named or "UTC")
    if found is None:
        raise ValueError(f"{TIMEZONE} has '{named}', which is no time zone")
    return found


def _name_in(path: str) -> str | None:
    """The name of the zone whose file a path is, or a link to, as the link that leads there has it."""
    for _ in range(MOST_LINKS):
        if match := IN_ZONEINFO.fullmatch(path):
            return match["name"]
        try:
            path = os.path.join(os.path.dirname(path), os.readlink(path))
        except OSError:
            return None
    return None


def _name_written() -> str | None:
    try:
        with open(TIMEZONE, encoding="utf-8") as file:
            lines = [line.partition("#")[0].strip() for line in file]
    except (OSError, ValueError):
        return None
    return next(filter(None, lines), None)


def _is_copy(name: str) -> bool:
    """Whether /etc/localtime has what the zone of a name has."""
    from zoneinfo import TZPATH

    copy = _read(LOCALTIME)
    paths = (os.path.join(folder, name) for folder in TZPATH)
    return any(os.path.isfile(path) and _read(path) == copy for path in paths)


def _of_file(path: str, name: str) -> tzinfo:
    return _from_data(_read(path), name, f"{path} has no time zone in it")


def _read(path: str) -> bytes:
    from procman.shortages import reason

    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {reason(error)}") from None


def _posix(text: str) -> tzinfo | None:
    """The zone of a text like `EST5EDT,M3.2.0,M11.1.0` (POSIX.1, chapter 8.3): as a file without changes of
    clocks, which has it for all that comes behind them (RFC 9636), since that is what Python reads."""
    match = POSIX.fullmatch(text)
    if match is None or (match["rules"] and not match["summer"]):
        return None
    rules = text if match["rules"] or not match["summer"] else text + AMERICAN
    name = match["name"].strip("<>").encode() + b"\0"
    header = b"TZif2" + bytes(15) + pack(">6l", 0, 0, 0, 0, 1, len(name))
    data = 2 * (header + pack(">l2b", 0, 0, 0) + name) + b"\n" + rules.encode() + b"\n"
    try:
        return _from_data(data, text, "")
    except ValueError:
        return None


def _from_data(data: bytes, name: str, wrong: str) -> tzinfo:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    try:
        zone = ZoneInfo.from_file(BytesIO(data), key=name)
        for month in (1, 7):  # offsets of a day and more are found when they are asked for
            datetime(2026, month, 1, tzinfo=zone).utcoffset()
    except Exception:  # in what is no zone, zoneinfo stumbles in many ways, asserts too
        raise ValueError(wrong) from None
    return zone
