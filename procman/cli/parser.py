"""What is typed, cut into a command, its options and the words behind it; nothing else is looked at yet.

The guardian needs to know the command before anything heavy is imported, so this imports next to nothing:
argparse would take a tenth of the time in which `procman start` shows its first line. As in Foreman,
switches may have a value (`--color`, `--color never`, `--timestamp=false`); a word that cannot be one is
left alone. Options may stand anywhere, also before the command.
"""

from __future__ import annotations

from procman.cli import commands
from procman.cli.commands import ANY, ONE, OPTIONAL, REST, RUN_TASK, SOME, TABLE
from procman.cli.options import by_flag, is_empty
from procman.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from procman.cli.commands import Command
    from procman.cli.options import Option

HELP = ("-h", "--help")
VERSION = ("-v", "--version")
END = "--"
HINT = ": 'procman help' lists them"


class Line(NamedTuple):
    """The command by its full name, what is right of its options and words by name, and what is wrong."""

    command: str
    values: dict[str, Any]
    mistakes: list[str]


def read(words: Sequence[str]) -> Line:
    """The whole command line. `--help`, `--version` and no word at all are commands as well."""
    reader = _Reader(words)
    reader.cut()
    if reader.asked_for in VERSION:
        return Line("version", {}, [])
    if reader.asked_for in HELP or not (reader.name or reader.mistakes):
        return Line("help", {"topic": reader.name}, [])
    if not reader.name:
        return Line("", {}, reader.mistakes)
    return reader.line(TABLE[reader.name])


def read_task(words: Sequence[str]) -> Line:
    """What stands behind `run task`."""
    reader = _Reader(words, "run task", RUN_TASK)
    reader.cut()
    if reader.asked_for in HELP:
        return Line("help", {"topic": reader.name}, [])
    return reader.line(RUN_TASK)


class _Reader:
    """Goes through the words once, from left to right."""

    def __init__(self, words: Sequence[str], name: str = "", command: Command | None = None) -> None:
        self.left = list(words)
        self.name = name
        self.behind: list[str] = []
        self.flags: list[tuple[str, str | None, tuple[Option, bool]]] = []
        self.mistakes: list[str] = []
        self.asked_for = ""
        everyone = [command] if command else [*reversed(TABLE.values())]  # `-f` as `start` has it
        self.known = by_flag(option for each in everyone for option in each.options)

    def cut(self) -> None:
        while self.left:
            word = self.left.pop(0)
            if word == END and self.name:
                self._rest([END] if self._takes_rest() else [])
            elif _is_flag(word):
                self._flag(word)
            elif not self.name and word != END:
                self._command(word)
            elif self._takes_rest():
                self._rest([word])
            else:
                self.behind.append(word)

    def line(self, command: Command) -> Line:
        """What was found, as options and words of the command."""
        own = by_flag(command.options)
        names = {option.name for option in command.options}
        values: dict[str, Any] = {}
        for flag, text, meant in self.flags:
            if flag in own:
                self._take(values, flag, *(meant if meant[0].name in names else own[flag]), text)
            else:
                self.mistakes.append(f"{flag} is an option of other commands, not of this one")
        self._place(values, command)
        return Line(self.name, values, self.mistakes)

    def _takes_rest(self) -> bool:
        argument = TABLE[self.name].argument if self.name in TABLE else None
        return argument is not None and argument.how_many == REST

    def _rest(self, first: list[str]) -> None:
        self.behind += first + self.left
        self.left = []

    def _command(self, word: str) -> None:
        found = commands.meant(word)
        if len(found) == 1:
            self.name = found[0]
            self.known |= by_flag(TABLE[self.name].options)
            return
        self.left = []
        if not self.mistakes:  # the word may be the value of an option that there is not
            self.mistakes = [no_such_command(word, found)]

    def _flag(self, word: str) -> None:
        flag, equals, text = word.partition("=")
        if word.startswith(END):
            flag = flag.replace("_", "-")
        elif len(flag) > 2:  # -p3000, or -cp 3000
            flag, text = word[:2], word[2:]
            equals = "="
            if flag in self.known and self.known[flag][0].on is not None:
                self.left.insert(0, f"-{text}")
                equals = ""
        if flag in HELP or (flag in VERSION and not self.name):
            self.asked_for = self.asked_for or flag
        elif flag in self.known:
            meant = self.known[flag]
            self.flags.append((flag, text if equals else self._value(*meant), meant))
        else:
            self.mistakes.append(_no_option(flag, self.known))

    def _value(self, option: Option, negative: bool) -> str | None:
        """The next word when it is the option's value: for a switch only one that can be nothing else."""
        if not self.left or negative:
            return None
        is_value = self.left[0].lower() in option.separate if option.separate else not _is_flag(self.left[0])
        return self.left.pop(0) if is_value else None

    def _take(
        self, values: dict[str, Any], flag: str, option: Option, negative: bool, text: str | None
    ) -> None:
        if negative and text is not None:
            self.mistakes.append(f"{flag} takes no value: write {flag} alone, or {option.flags[-1]}={text}")
        elif text is None and option.on is None:
            self.mistakes.append(f"{flag} needs a value: write {flag} {option.metavar}")
        elif text is not None and is_empty(text):
            self.mistakes.append(f"the value of {flag} is empty: write {flag} {option.metavar}".rstrip())
        elif text is None:
            values[option.name] = option.off if negative else option.on
        else:
            try:
                value = option.read(text)
            except ValueError:
                self.mistakes.append(f"'{text}' is no value for {flag}: write {option.expected}")
                return
            values[option.name] = [*values.get(option.name, ()), value] if option.repeats else value

    def _place(self, values: dict[str, Any], command: Command) -> None:
        """Give the words that are no options their name."""
        argument, words = command.argument, self.behind
        most = {ONE: 1, OPTIONAL: 1}.get(argument.how_many, len(words)) if argument else 0
        if argument and argument.how_many in (ANY, SOME, REST):
            values[argument.name] = words
        elif argument:
            values[argument.name] = words[0] if words else None
        if argument and argument.how_many in (ONE, SOME) and not words:
            self.mistakes.append(f"say which {argument.metavar}: {argument.help}")
        if argument and argument.choices and words and words[0] not in argument.choices:
            self.mistakes.append(f"'{words[0]}' is none of {', '.join(argument.choices)}")
        if len(words) > most:
            self.mistakes.append(f"there is one word too many, '{words[most]}'")


def _is_flag(word: str) -> bool:
    """`-` alone is a word, and so is a negative number."""
    return word.startswith("-") and word != END and not (word[1:2] or "0").isdigit()


def no_such_command(word: str, candidates: Sequence[str]) -> str:
    """What to say of a word that means none of the commands, or several."""
    from procman.errors import suggest  # only mistakes need it

    if candidates:
        return f"'{word}' can mean {', '.join(candidates)}: write more of it"
    return f"no command '{word}'{suggest(word, TABLE) or HINT}"


def _no_option(flag: str, known: dict[str, tuple[Option, bool]]) -> str:
    from procman.errors import suggest

    return f"there is no option {flag}{suggest(flag, known)}"
