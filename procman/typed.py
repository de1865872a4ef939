"""What `typing` is imported for, without its time: 6 ms of the 40 before a first child runs.

A type checker sees `typing` itself. All that is imported before the first child is started imports from
here: `tests/test_lean.py` tells.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as type checkers know it
if TYPE_CHECKING:
    from typing import NamedTuple, Protocol
else:
    from collections import namedtuple

    Protocol = object

    class _Making(type):
        """Makes each class below `NamedTuple` a tuple; `typing` would compile every annotation."""

        def __new__(cls, name, bases, members):
            if not bases:
                return super().__new__(cls, name, bases, members)
            fields = tuple(members.get("__annotations__", ()))
            defaults = [members.pop(field) for field in fields if field in members]
            made = namedtuple(name, fields, defaults=defaults, module=members["__module__"])
            for key, value in members.items():
                if key not in ("__dict__", "__weakref__", "__module__"):
                    setattr(made, key, value)
            return made

    class NamedTuple(metaclass=_Making):
        """A class of values, as `typing.NamedTuple` makes it."""


__all__ = ["TYPE_CHECKING", "NamedTuple", "Protocol"]
