"""A program of supervisord.conf as a process type."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from procman.importing.reading import seconds, surroundings, words
from procman.importing.reading.ini import NO, YES, Options
from procman.importing.reading.surroundings import Surroundings
from procman.importing.supervisord import expressions, lacks
from procman.importing.supervisord.expressions import Known

if TYPE_CHECKING:
    from collections.abc import Mapping

    from procman.importing.found import Found, Keys
    from procman.importing.reading.ini import Section
    from procman.importing.reading.words import Word

USUAL_PRIORITY, USUAL_STOP = 999, 10
NUMBERED_NAMES = (
    "%(program_name)s",
    "%(program_name)s_%(process_num)02d",
    "%(program_name)s_%(process_num)d",
)
SOCKET = "tcp://"


class Daemon(NamedTuple):
    """What holds for all programs. `here` is the folder of the file; `groups`: by program."""

    here: str
    umask: str = ""
    variables: Mapping[str, Word] = {}
    everywhere: Mapping[str, Word] = {}
    """Variables that each process is to have for itself, as .env cannot say them."""
    groups: Mapping[str, str] = {}


class Program:
    """Reads one section, in the order in which one value needs another."""

    def __init__(self, found: Found, section: Section, daemon: Daemon) -> None:
        self.found = found
        self.daemon = daemon
        self.section = section
        self.name = section.title
        self.options = Options(found, section)
        self.priority = self.options.whole("priority", USUAL_PRIORITY)
        self.count = self.options.whole("numprocs", 1)
        self.known = self._known()
        self.logs: list[str] = []
        self.restart = ""

    def add(self) -> None:
        """Add it to what is found, unless there is no command that can be run."""
        try:
            argv = self._argv()
        except ValueError as error:
            self.options.lose("command", f"{error}. The program is left out")
            return
        keys = {**self._start(), **self._end(), **self._stop()}
        around = self._surroundings()
        made, front = surroundings.keys(self.found, around, alone=self.count < 2)
        keys |= {**self._account(), **made}
        socket = self._socket(keys)
        if socket is None:
            return
        self.logs = self._logs()
        for key in lacks.SILENT:
            self.options.left.pop(key, None)
        self.options.finish(lacks.PROGRAM, lacks.USUAL)
        self.found.process(self.name, f"{front}{words.line(argv)}{socket}", keys, self.section.line)

    def _known(self) -> Known:
        name = self.name
        names = {
            "here": self.daemon.here,
            "program_name": name,
            "group_name": self.daemon.groups.get(name, name),
        }
        first = self.options.whole("numprocs_start", 0)
        return Known(names, first, self.count, self.daemon.variables)

    def _argv(self) -> list[Word]:
        """The command, for which the program's own variables are known, too."""
        self.own = self._environment()
        known = self.known._replace(variables={**self.known.variables, **self.own})
        if not self.name:
            raise ValueError("the section has no name: write [program:NAME]")
        return expressions.argv(self.options.text("command"), known)

    def _environment(self) -> Mapping[str, Word]:
        text = self.options.text("environment")
        try:
            return expressions.environment(text, self.known)
        except ValueError as error:
            self.options.lose("environment", f"{error}. None of it is carried over")
            return {}

    def _surroundings(self) -> Surroundings:
        line = self.options.line("environment")
        folder: Word = ()
        try:
            folder = expressions.word(self.options.text("directory"), self.known)
        except ValueError as error:
            self.options.lose("directory", f"{error}. It starts in the app's folder")
        return Surroundings(f"[{self.section.name}]", line, folder, {**self.daemon.everywhere, **self.own})

    def _start(self) -> Keys:
        keys: Keys = {}
        if not self.options.flag("autostart", True) or not self.count:
            keys["autostart"] = False
        if self.count > 1:
            keys["instances"] = self.count
        if self.options.text("process_name", NUMBERED_NAMES[0]).strip() not in NUMBERED_NAMES:
            self.options.lose("process_name", f"procman calls them {self.name}.1, {self.name}.2 and so on")
        return keys

    def _end(self) -> Keys:
        """Restart and backoff. Who is up for `startsecs` has no failure behind it."""
        up, tries = self.options.whole("startsecs", 1), self.options.whole("startretries", 3)
        restart = self.restart = self._restart()
        if restart == "never":
            if up and "startsecs" in self.section.options:
                self.options.lose(
                    "startsecs", "with autorestart=false procman never starts it again, however soon it ends"
                )
            return {"restart": restart}
        backoff = (
            {"reset_after": seconds.text(up), "give_up_after": tries + 1}
            if up
            else {"give_up_after": "never"}
        )
        return {"restart": restart, "backoff": backoff}

    def _restart(self) -> str:
        codes = {each.strip() for each in self.options.text("exitcodes", "0").split(",")}
        text = self.options.text("autorestart", "unexpected").strip().lower()
        if text not in (*YES, *NO, "unexpected"):
            self.options.lose(
                "autorestart", f"'{text}' is not true, false or unexpected: taken as unexpected"
            )
        if text in YES:
            return "always"
        if text in NO:
            return "never"
        if codes != {"0"}:
            text = "code 0 is success for procman, and no other: only after that it is not started again"
            self.options.lose("exitcodes", text)
        return "on-failure"

    def _stop(self) -> Keys:
        keys: Keys = {}
        signal = self.options.text("stopsignal", "TERM").strip().upper().removeprefix("SIG")
        if signal not in ("TERM", "15"):
            keys["stop_signal"] = signal
        keys["timeout"] = seconds.text(self.options.whole("stopwaitsecs", USUAL_STOP))
        if self.options.flag("stopasgroup"):
            keys["signal_to"] = "group"
        if umask := self.options.text("umask", self.daemon.umask).strip():
            keys["umask"] = umask
        return keys

    def _account(self) -> Keys:
        user = self.options.text("user").strip()
        if not user or self.found.place.is_user(user):
            return {"user": user} if user else {}
        text = f"write 'user: {user}' where there is such a user, and procman is started by root"
        self.options.lose("user", text)
        return {}

    def _socket(self, keys: Keys) -> str | None:
        """What makes the socket of a FastCGI program its descriptor 0; None if it cannot have one."""
        if self.section.kind != "fcgi-program":
            return ""
        address = self.options.text("socket").strip()
        if not address.startswith(SOCKET):
            text = f"procman listens on TCP ports only, not on '{address}'. The program is left out"
            self.options.lose("socket", text)
            return None
        keys.pop("port", None)
        keys["listen"] = address.removeprefix(SOCKET)
        return " <&3"

    def _logs(self) -> list[str]:
        """Options about log files, for one word about all programs."""
        said = [key for key in lacks.LOGS if key in self.options.left]
        for key in said:
            self.options.left.pop(key)
        return said
