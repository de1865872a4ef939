"""An export for supervisord, read back: its programs are the processes of types again."""

from __future__ import annotations

import os.path
import re
import shlex
from typing import TYPE_CHECKING, NamedTuple

from procman.core.plan import plan, ports
from procman.core.plan.policies import FOREMAN
from procman.importing.compose import ports as composeports
from procman.importing.reading import ours, parts, shells, words
from procman.importing.supervisord import program as supervisordprogram

if TYPE_CHECKING:
    from collections.abc import Iterable

    from procman.importing.found import Found, Keys
    from procman.importing.reading.ini import Section

DECODED = re.compile(r'(?P<name>\w+)=\$\(printf %bx "\$(?P=name)"\) (?P=name)=\$\{(?P=name)%x\}; ', re.ASCII)
FILES = re.compile(r"ulimit -S -n (\d+) 2>/dev/null \|\| ulimit -n \1 \|\| exit 111; ", re.ASCII)
NO_INPUT = re.compile(r"exec </dev/null; ")
FOLDER = re.compile(r"cd (\S+|'(?:[^']|'\"'\"')*') \|\| exit 111; ", re.ASCII)
"""What its shell does first, in this order."""
ESCAPED = re.compile(rb"\\0([0-7]{3})")
OF_USER = ("HOME", "USER", "LOGNAME")
ROOT, PROCESS, PORT = "PROCMAN_ROOT", "PROCMAN_PROCESS", "PORT"
NO_LIMIT = ("give_up_after", 1_000_001)
NICE = ("nice", "-n")


class Own(NamedTuple):
    """A program as the process that it was, `web.2`. `order`: what tells the order of the types."""

    process: str
    command: str
    keys: Keys
    order: tuple[str, ...]
    line: int

    @property
    def type(self) -> str:
        """Its process type."""
        return self.process.rpartition(".")[0]


class Program(supervisordprogram.Program):
    """A program of an export."""

    def words(self) -> list[str]:
        """Those of its command, none when it cannot be read."""
        try:
            return [words.literal(word) or "" for word in self._argv()]
        except ValueError:
            return []

    def process(self, argv: list[str]) -> Own | None:
        """What it was, with these words; None for a program that no export writes."""
        given = argv[2] if tuple(argv[:2]) == NICE else None
        script = argv[5:] if given else argv[2:]
        variables = {name: words.literal(word) or "" for name, word in self.own.items()}
        if len(script) != 1 or PROCESS not in variables or "." not in variables[PROCESS]:
            return None
        command, first = _taken_apart(script[0], variables)
        keys = {**self._start(), **self._end(), **self._stop(), **self._account(), **first}
        keys |= {"nice": parts.number(given) if given.isdecimal() else given} if given else {}
        keys |= self._folder(keys.pop("cwd", self.options.text("directory")), variables.get(ROOT, ""))
        if env := {name: text for name, text in variables.items() if self._is_told(name)}:
            keys["env"] = env
        if PORT in variables:
            keys["port"] = parts.number(variables[PORT])
        order = tuple(name for name in variables if name.startswith(ports.VARIABLE))
        return Own(variables[PROCESS], shells.as_written(command), keys, order, self.section.line)

    def _end(self) -> Keys:
        """Without what an export says when nobody has said anything."""
        keys = super()._end()
        backoff = {
            key: "never" if (key, value) == NO_LIMIT else value
            for key, value in keys.pop("backoff", {}).items()
            if (key, value) not in (("reset_after", "1s"), ("give_up_after", FOREMAN.backoff.give_up_after))
        }
        return {**keys, **({"backoff": backoff} if backoff else {})}

    def _is_told(self, name: str) -> bool:
        return not plan.is_own(name) and not (name in OF_USER and "user" in self.section.options)

    def _folder(self, folder: str, root: str) -> Keys:
        below = os.path.relpath(folder, root) if root and folder else "."
        return {} if below == "." else {"cwd": folder if below.startswith("..") else below}


def add(found: Found, sections: Iterable[Section]) -> None:
    """Add the types of these programs, in the order of their Procfile."""
    types: dict[str, list[Own]] = {}
    order: tuple[str, ...] = ()
    daemon = supervisordprogram.Daemon("")
    for section in sections:
        program = Program(found, section, daemon)
        argv = program.words()
        if len(argv) == 3 and ours.is_scheduler(argv[2].removeprefix("exec ").split()):
            found.lose(section.line, f"[{section.name}]: {ours.SCHEDULER}")
        elif each := program.process(argv):
            types.setdefault(each.type, []).append(each)
            order = each.order
        else:
            supervisordprogram.Program(found, section, daemon).add()
    known = {name: at for at, name in enumerate(order)}
    chosen = []
    for name in sorted(types, key=lambda name: known.get(ports.variable(name), 0)):
        chosen.append(_add(found, sorted(types[name], key=lambda each: _number(each.process))))
    ours.share(found, chosen)


def _add(found: Found, instances: list[Own]) -> str:
    first = instances[0]
    keys = dict(first.keys)
    if str(keys.get("port")) == str(composeports.usual(len(found.processes))):
        del keys["port"]
    keys |= {"instances": len(instances)} if len(instances) > 1 else {}
    return found.process(first.type, first.command, keys, first.line)


def _number(process: str) -> int:
    text = process.rpartition(".")[2]
    return int(text) if text.isdecimal() else 0


def _taken_apart(script: str, variables: dict[str, str]) -> tuple[str, Keys]:
    """A line without what its shell does first; variables get the values that it gives them."""
    keys: Keys = {}
    while match := DECODED.match(script):
        variables[match["name"]] = _decoded(variables.get(match["name"], ""))
        script = script[match.end() :]
    if match := FILES.match(script):
        keys["nofile"], script = int(match[1]), script[match.end() :]
    if match := NO_INPUT.match(script):
        keys["stdin"], script = "null", script[match.end() :]
    if match := FOLDER.match(script):
        keys["cwd"], script = shlex.split(match[1])[0], script[match.end() :]
    return script, keys


def _decoded(text: str) -> str:
    """printf(1), `%b`: bytes in octal."""
    data = ESCAPED.sub(
        lambda match: bytes([int(match[1], 8) & 0xFF]), text.encode("utf-8", "surrogateescape")
    )
    return data.decode("utf-8", "surrogateescape")
