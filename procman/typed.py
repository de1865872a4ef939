"""What `typing` and `enum` are imported for, without their time: 8 ms of the 40 before a first child runs.

A type checker sees those themselves. All that is imported before the first child is started imports from
here: `tests/test_lean.py` tells.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as type checkers know it
if TYPE_CHECKING:
    from enum import Enum
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

    class _Members(type):
        """Makes each class below `Enum` one of members; `enum` takes five times as long, and so does each
        look into a table by a pair of its members."""

        def __init__(cls, name, bases, members):
            super().__init__(name, bases, members)
            cls.__members__ = {}
            for key, value in members.items():
                if not key.startswith("_") and not hasattr(value, "__get__"):
                    member = cls.__new__(cls)
                    member.name, member.value = key, value
                    cls.__members__[key] = member
                    setattr(cls, key, member)

        def __call__(cls, value):
            for member in cls:
                if member.value == value:
                    return member
            raise ValueError(f"{value!r} is not a valid {cls.__name__}")

        def __iter__(cls):
            return iter(cls.__members__.values())

        def __contains__(cls, member):
            return isinstance(member, cls)

        def __len__(cls):
            return len(cls.__members__)

    class Enum(metaclass=_Members):
        """A class of named members, as `enum.Enum` makes it; no two may have the same value."""

        def __repr__(self):
            return f"<{type(self).__name__}.{self.name}: {self.value!r}>"

        def __str__(self):
            return f"{type(self).__name__}.{self.name}"


__all__ = ["TYPE_CHECKING", "Enum", "NamedTuple", "Protocol"]
