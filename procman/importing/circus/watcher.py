"""A watcher of circus.ini as a process type."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from procman.importing.circus import lacks
from procman.importing.reading import seconds, surroundings, words
from procman.importing.reading.ini import Options
from procman.importing.reading.surroundings import Surroundings
from procman.importing.reading.words import Marks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from procman.importing.found import Found, Keys
    from procman.importing.reading.ini import Section
    from procman.importing.reading.words import Shell, Word

REFERENCE = re.compile(r"\$\(circus\.([\w.-]+)\)|\(\(circus\.([\w.-]+)\)\)", re.IGNORECASE)
FIRST_DESCRIPTOR, MOST_SOCKETS = 3, 5
PLAIN = re.compile(r"""[^\s"'\\]+""")
USUAL_DELAY, USUAL_STOP = 5.0, 30.0


class Setting(NamedTuple):
    """What holds for all watchers. `sockets`: addresses by name; `used`: those that some watcher has."""

    used: set[str]
    umask: str = ""
    delay: str = ""
    sockets: Mapping[str, str] = {}
    shared: Mapping[str, Word] = {}


class Watcher:
    """Reads one section."""

    def __init__(self, found: Found, section: Section, setting: Setting) -> None:
        self.found = found
        self.setting = setting
        self.name = section.title
        self.options = Options(found, section)
        self.priority = self._number("priority", 0)
        self.copies = self.options.flag("copy_env")
        self.streams = [key for key in self.options.left if key.startswith(lacks.STREAMS)]
        for key in self.streams:
            self.options.left.pop(key)
        self.listen: list[str] = []
        self.variables: Mapping[str, Word] = {}

    def add(self, variables: Mapping[str, Word]) -> None:
        """Add it to what is found, unless there is no command that can be run."""
        self.variables = variables
        use_sockets = self.options.flag("use_sockets")
        try:
            argv = self._argv("cmd") + self._argv("args")
            if not argv:
                raise ValueError("it is empty")
        except ValueError as error:
            self.options.lose("cmd", f"{error}. The watcher is left out")
            return
        if use_sockets and not self.listen:
            self.listen = [*self.setting.sockets][:MOST_SOCKETS]
        keys = {**self._start(), **self._end(), **self._stop(), **self._limits(), **self._account()}
        around = self._surroundings()
        made, front = surroundings.keys(self.found, around, alone="instances" not in keys and not self.listen)
        keys |= {**self._sockets(), **made}
        for key in [each for each in self.options.left if each.startswith("hooks.")]:
            self.options.left.pop(key)
            self.options.lose(key, lacks.HOOK)
        self.options.flag("shell")  # circus quotes each word for that shell, so that it means the same
        self.options.finish(lacks.WATCHER, lacks.USUAL)
        self.found.process(self.name, front + words.line(argv), keys, self.options.section.line)

    def _argv(self, key: str) -> list[Word]:
        """The words of `cmd` or `args`. Raises `ValueError`."""
        text = self.options.text(key)
        marks = Marks(text, *self.options.section.options)

        def known(found: re.Match[str]) -> str:
            value = self._value((found[1] or found[2]).lower(), found[0])
            return value if isinstance(value, str) else marks.put(value)

        return marks.split(REFERENCE.sub(known, text))

    def _value(self, name: str, written: str) -> str | Shell:
        """What circus puts in for a name; what it does not know stays as it is written."""
        kind, _, rest = name.partition(".")
        if name == "wid":
            return words.instance(1)
        if kind == "sockets" and rest in self.setting.sockets:
            if rest not in self.listen:
                self.listen.append(rest)
            return str(FIRST_DESCRIPTOR + self.listen.index(rest))
        if kind == "env" and rest:
            return self._variable(rest, written)
        option = self.options.section.options.get(name)
        if option is None:
            self.options.lose("cmd", f"{written} is not known here: it stays as it is written")
            return written
        return option.value

    def _variable(self, name: str, written: str) -> str | Shell:
        """circus takes it in any case of letters, and puts it in before words are told apart."""
        known = {**self.setting.shared, **self.variables}
        real = next((each for each in known if each.lower() == name), None)
        value = words.literal(known[real]) if real else None
        if value is not None and not PLAIN.fullmatch(value):
            return value
        if not words.NAME.fullmatch(real or name):
            self.options.lose("cmd", f"{written} is no name that the shell knows: it stays as it is written")
            return written
        return words.variable(real or name.upper())

    def _surroundings(self) -> Surroundings:
        folder = self.options.text("working_dir").strip()
        found = REFERENCE.search(folder)
        if found:
            self.options.lose("working_dir", f"{found[0]} is not known here. It starts in the app's folder")
            folder = ""
        where = f"[{self.options.section.name}]"
        return Surroundings(where, self.options.section.line, (folder,) if folder else (), self.variables)

    def _start(self) -> Keys:
        keys: Keys = {}
        count = self.options.whole("numprocesses", 1)
        count = min(count, 1) if self.options.flag("singleton") else count
        if not self.options.flag("autostart", True) or not count:
            keys["autostart"] = False
        if count > 1:
            keys["instances"] = count
        if self.options.flag("close_child_stdin", True):
            keys["stdin"] = "null"
        return keys

    def _end(self) -> Keys:
        """circus looks for what has ended each `check_delay`, and starts it again, how often that may be."""
        if not self.options.flag("respawn", True):
            return {"restart": "never"}
        delay = _seconds(self.setting.delay) or USUAL_DELAY
        backoff = {"max": seconds.text(delay), "give_up_after": "never"}
        if delay < 1:
            backoff = {"initial": seconds.text(delay), **backoff}
        return {"restart": "always", "backoff": backoff}

    def _stop(self) -> Keys:
        keys: Keys = {}
        signal = self.options.text("stop_signal", "TERM").strip().upper().removeprefix("SIG")
        if signal not in ("TERM", "15"):
            keys["stop_signal"] = signal
        keys["timeout"] = seconds.text(self._number("graceful_timeout", USUAL_STOP))
        if self.options.flag("stop_children"):
            keys["signal_to"] = "group"
        if self.setting.umask:
            keys["umask"] = self.setting.umask
        return keys

    def _limits(self) -> Keys:
        keys: Keys = {}
        if age := self.options.whole("max_age", 0):
            keys["max_runtime"] = seconds.text(age)
        for key in [each for each in self.options.left if each.lower().startswith("rlimit_")]:
            value = self.options.text(key).strip()
            if key.lower() == "rlimit_nofile" and value.isdecimal():
                keys["nofile"] = int(value)
            else:
                self.options.lose(key, lacks.RLIMIT)
        return keys

    def _account(self) -> Keys:
        user, group = self.options.text("uid").strip(), self.options.text("gid").strip()
        keys: Keys = {}
        if user and self.found.place.is_user(user):
            keys["user"] = user
        elif user:
            text = f"write 'user: {user}' where there is such a user, and procman is started by root"
            self.options.lose("uid", text)
        if group:
            text = f"write 'group: {group}' where there is such a group, and procman is started by root"
            self.options.lose("gid", text)
        return keys

    def _sockets(self) -> Keys:
        if not self.listen:
            return {}
        again = [name for name in self.listen if name in self.setting.used]
        if again:
            text = (
                f"another watcher has the socket {again[0]} already, and two types cannot have the same one"
            )
            self.options.lose("use_sockets", f"{text}: write 'listen' for one of them")
            return {}
        self.setting.used.update(self.listen)
        return {"listen": [self.setting.sockets[name] for name in self.listen]}

    def _number(self, key: str, usual: float) -> float:
        text = self.options.text(key).strip()
        value = _seconds(text)
        if text and value is None:
            self.options.lose(key, f"'{text}' is no number, so it is taken as {usual:g}")
        return usual if value is None else value


def _seconds(text: str) -> float | None:
    return float(text) if re.fullmatch(r"-?[0-9]{1,9}(?:\.[0-9]{1,6})?", text.strip(), re.ASCII) else None
