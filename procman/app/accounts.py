"""Users and groups by name or number, as the system knows them (passwd(5), group(5))."""

from __future__ import annotations

import os

from procman.core.plan.policies import Account
from procman.errors import suggest
from procman.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable
    from grp import struct_group
    from pwd import struct_passwd

ROOT = 0
LARGEST = (1 << 32) - 2
"""The last number of a user or group; the one behind it means nobody (setresuid(2))."""


class _User(NamedTuple):
    uid: int
    gid: int | None
    name: str
    home: str
    known: bool


def of(user: str | None, group: str | None) -> Account | None:
    """Whom a process runs as, None for who runs procman. Raises `ValueError` for what is unknown, and where
    only root may do it."""
    if user is None and group is None:
        return None
    found = _user(str(os.geteuid()) if user is None else user)
    gid = found.gid if group is None else _group(group)
    if gid is None:
        raise ValueError(f"user {found.uid} has no name here, and so no group: write 'group:' too")
    if os.geteuid() != ROOT:
        if found.uid != os.geteuid() or (group is not None and gid != os.getegid()):
            raise ValueError("only root can start processes as somebody else")
        return None
    groups = os.getgrouplist(found.name, gid) if found.known else [gid]
    return Account(found.uid, gid, tuple(groups), found.name, found.home)


def may_be(user: str) -> bool:
    """Whether a process can run as this user: there is one, and we may."""
    try:
        of(user, None)
    except ValueError:
        return False
    return True


def name_of(uid: int) -> str:
    """What a user is called, its number where it has no name."""
    import pwd  # likewise

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def home_of(user: str) -> str | None:
    """The home of a user, None of one who is not known here."""
    try:
        found = _user(user)
    except ValueError:
        return None
    return found.home if found.known else None


def _user(text: str) -> _User:
    import pwd  # only who names a user waits for it

    number = _number(text)
    try:
        entry = pwd.getpwnam(text) if number is None else pwd.getpwuid(number)
    except KeyError:
        if number is None:
            raise ValueError(_unknown("user", text, pwd.getpwall())) from None
        return _User(number, None, text, "/", known=False)
    return _User(entry.pw_uid, entry.pw_gid, entry.pw_name, entry.pw_dir, known=True)


def _group(text: str) -> int:
    import grp  # likewise

    number = _number(text)
    if number is not None:
        return number
    try:
        return grp.getgrnam(text).gr_gid
    except KeyError:
        raise ValueError(_unknown("group", text, grp.getgrall())) from None


def _number(text: str) -> int | None:
    if not (text.isascii() and text.isdecimal()):
        return None
    if len(text) > 10 or int(text) > LARGEST:
        raise ValueError(f"{text} is larger than the number of any user or group")
    return int(text)


def _unknown(what: str, text: str, entries: Iterable[struct_passwd] | Iterable[struct_group]) -> str:
    return f"there is no {what} '{text}' here{suggest(text, [entry[0] for entry in entries])}"
