"""Every option of every command, as data: the reader, help, completion, environment and files share it.

The guardian reads it too, and keeps what it imports for ever: so next to nothing is imported here.
"""

from __future__ import annotations

import os
from types import SimpleNamespace

from procman.cli.amounts import SECONDS, count_or_none, labels, seconds, size
from procman.host.signals import GRACE_SECONDS
from procman.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

TRUE = ("true", "yes", "on", "1", "t", "y")
FALSE = ("false", "no", "off", "0", "f", "n")
WHEN = ("auto", "always", "never")


class Namespace(SimpleNamespace):
    """The options of a command and what stands behind it, by name."""


class Option(NamedTuple):
    """One option. It takes a value, or it is a switch.

    A value is read by `convert`, which raises `ValueError` for one that is not what `expects` says.
    A switch has `on`, what it means alone, and `off`, what it means as `--no-...`; some have `choices` too.
    `also` are spellings of other tools, which help does not show.
    """

    name: str
    spelt: str
    help: str
    metavar: str = ""
    default: Any = None
    choices: tuple[str, ...] = ()
    convert: Callable[[str], Any] = str
    expects: str = ""
    on: Any = None
    off: Any = None
    repeats: bool = False
    also: tuple[str, ...] = ()
    only_typed: bool = False
    """Whether it means nothing in files and in the environment."""

    @property
    def flags(self) -> tuple[str, ...]:
        """Its flags as help shows them, the long one last."""
        return tuple(self.spelt.split())

    @property
    def expected(self) -> str:
        """What to write instead of a bad value."""
        return self.expects or " or ".join(self.choices)

    @property
    def word(self) -> str:
        """Its name in files and, in capitals, in the environment: `exit_code_from`."""
        return self.flags[-1][2:].replace("-", "_")

    @property
    def negative(self) -> str:
        """The flag that turns a switch off, or nothing."""
        return "--no-" + self.flags[-1][2:] if self.on is not None else ""

    @property
    def separate(self) -> tuple[str, ...]:
        """The words behind a switch that are its value; any other word, such as a type's name, is not."""
        return (TRUE[0], FALSE[0], *self.choices) if self.on is not None else ()

    def read(self, text: str) -> Any:
        """The value that a text means. Raises `ValueError`."""
        if self.on is not None and text.lower() in TRUE + FALSE:
            return self.on if text.lower() in TRUE else self.off
        if text not in self.choices and (self.choices or self.on is not None):
            raise ValueError(text)
        return self.convert(text)


def is_empty(text: str) -> bool:
    """Whether a value says nothing, as `"$UNSET"` or `"$A,$B"` does: no option takes that for an answer."""
    return not text.strip(" \t\n,")


def switch(name: str, spelt: str, help_: str, *, default: bool = False) -> Option:
    """An option that is true or false."""
    return Option(name, spelt, help_, default=default, expects="true or false", on=True, off=False)


def when(name: str, spelt: str, help_: str, also: tuple[str, ...] = ()) -> Option:
    """An option that is auto, always (alone) or never (with `no-`)."""
    auto, on, off = WHEN
    expects = "auto, always or never"
    return Option(name, spelt, help_, "WHEN", auto, WHEN, expects=expects, on=on, off=off, also=also)


ROOT = Option(
    "root", "-d --root", "the app's folder (default: that of the Procfile)", "DIR", also=("--app-root",)
)
APP = (
    Option("procfile", "-f --procfile", "the Procfile (default: ./Procfile)", "FILE"),
    ROOT,
    Option("env", "-e --env", "environment files, later win (default: .env)", "FILE[,FILE]", repeats=True),
)
ENVIRONMENT = Option(
    "env_override",
    "--env-override",
    "what wins when both set a variable: the files (default) or the real environment",
    "files|os",
    choices=("files", "os"),
    default="files",
)
FORMATION = Option(
    "formation",
    "-m --formation",
    "instances, as web=2,worker=1,all=1",
    "TYPE=N,...",
    also=("--concurrency",),
)
PORT = Option("port", "-p --port", "port of the first process type (default: PORT, else 5000)", "PORT")
RELEASE = switch("release", "--release", "run the 'release' command first")
JSON = switch("json", "--json", "print JSON")
SEPARATE = switch("separate", "--separate", "beside a procman that runs this app already")
DETACH = switch("detach", "--detach", "in the background, back when everything runs")
DETACH = DETACH._replace(only_typed=True)
LOG_FILES = (
    Option(
        "log_dir", "--log-dir", "a file for each process too, in this folder", "DIR", convert=os.path.abspath
    ),
    Option(
        "log_size",
        "--log-size",
        "how large such a file may be; 0: any size (default: 10M)",
        "SIZE",
        default=10 << 20,
        convert=size,
        expects="a size, as 10M or 1.5G",
    ),
    Option(
        "log_keep",
        "--log-keep",
        "how many old ones are kept of each (default: 5)",
        "N",
        default=5,
        convert=count_or_none,
        expects="a number, 0 or more",
    ),
    Option(
        "log_files",
        "--log-files",
        "what is in them: text (default), or json: an object a line",
        "text|json",
        choices=("text", "json"),
        default="text",
    ),
)
LABEL = Option(
    "label",
    "--label",
    "run tasks here that have one of these labels as 'runs_on', too",
    "LABEL[,LABEL]",
    default=(),
    convert=labels,
    expects="labels of letters, digits, '_', '-' and '.', with commas between them",
)
SUPERVISING = (
    *APP,
    ENVIRONMENT,
    PORT,
    LABEL,
    Option(
        "timeout",
        "-t --timeout",
        "time between the stop signal and SIGKILL, in seconds or as 1m (default: 5)",
        "SECONDS",
        default=GRACE_SECONDS,
        convert=seconds,
        expects=SECONDS,
    ),
    when("color", "-c --color", "when to colour names: auto (default), always, never", also=("--colour",)),
    switch("timestamp", "--timestamp", "the time in front of lines", default=True),
    Option("timestamp_format", "--timestamp-format", "time as strftime has it", "FORMAT", default="%H:%M:%S"),
    switch("prefix", "--prefix", "the name in front of lines", default=True),
    switch("quiet", "-q --quiet", "only what processes write, no words of procman's own"),
    Option(
        "log_format",
        "--log-format",
        "text (default), or json: an object a line",
        "text|json",
        choices=("text", "json"),
        default="text",
    ),
    *LOG_FILES,
    when("pty", "--pty", "give processes a terminal: auto (default: when this is one), always, never"),
)
EXIT_CODE_FROM = Option("exit_code_from", "--exit-code-from", "exit with the code of this process", "NAME")
START = (
    *SUPERVISING,
    FORMATION,
    RELEASE,
    EXIT_CODE_FROM,
    SEPARATE,
    DETACH,
    switch("scheduler", "--scheduler", "run the tasks as they are due", default=True),
)
SCHEDULER = SUPERVISING
RUN = (*APP, ENVIRONMENT, PORT)
CHECK = (*APP, ENVIRONMENT, FORMATION, PORT, RELEASE, JSON)
LISTING = (*APP, JSON)
STORE = (
    *LISTING,
    Option("source", "--from", "the store to copy, for migrate (default: the app's)", "URL"),
    Option("target", "--to", "the store to copy it to, for migrate", "URL"),
)


def by_flag(options: Iterable[Option]) -> dict[str, tuple[Option, bool]]:
    """Each flag with its option, and whether it turns that off."""
    found: dict[str, tuple[Option, bool]] = {}
    for option in options:
        positive = (*option.flags, *option.also)
        found |= dict.fromkeys(positive, (option, False))
        if option.on is not None:
            longs = [flag for flag in positive if flag.startswith("--")]
            found |= {f"--no-{flag[2:]}": (option, True) for flag in longs}
    return found
