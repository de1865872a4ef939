"""Names for processes and tasks: made from commands where there are none, stable and readable."""

from __future__ import annotations

import re
import shlex
import unicodedata
from typing import TYPE_CHECKING

from procman.core.plan import shell
from procman.importing.reading import parsed

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

TAKEN = ("system", "release")
"""procman's own lines in the log; and what runs before all others."""
LONGEST = 40
DEEPEST = 5
ANY = "process"
WRAPPERS = frozenset(
    "sudo doas env exec nohup nice ionice timeout flock setsid chronic cronic time command chpst setuidgid"
    " envdir setpriv runuser gosu su-exec softlimit bundle poetry pipenv uv pdm rye hatch npx npm pnpm yarn"
    " bunx rbenv asdf mise tini dumb-init stdbuf dotenv doppler newrelic-admin ddtrace-run xvfb-run"
    " opentelemetry-instrument systemd-cat systemd-inhibit cronitor coverage".split()
)
"""Programs whose words are a command of their own."""
WITH_OPERAND = frozenset("flock envdir setuidgid gosu su-exec cronitor".split())
"""Those with a word before it: flock's lock file, say."""
INTERPRETERS = re.compile(
    r"(python|pypy|ruby|node|nodejs|deno|bun|perl|php|java|bash|sh|zsh|dash|ksh|ash|fish|Rscript|lua|tsx"
    r"|ts-node|rake|rails|artisan|manage\.py|console|mix|cargo|go|dotnet|make|just|invoke|fab|run-parts"
    r"|su)[\d.]*"
)
"""Programs of which what they run says more than their own name."""
VERBS = frozenset("run exec start runner tool script artisan run-program local".split())
WITH_VALUE = re.compile(r"-[nugswkcemEt]|--(?:user|group|signal|kill-after|adjustment|env-file|wait)")
"""Options of wrappers with a value in the next word."""
SCRIPT_WITH_VALUE = frozenset(
    "-r --require -cp -classpath --class-path -W -X -I -d -C -f --import -g".split()
)
"""Options of interpreters, likewise."""
OF_SHELLS = re.compile(r"(?:ba|da|k|z|a|fi)?sh|su|flock|runuser")
"""Programs with a command in the word behind `-c`."""
SCRIPT = re.compile(r"-[a-zA-Z]*c|--command")
ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=", re.ASCII)
NUMBER = re.compile(r"[\d.]+[smhd]?", re.ASCII)
ENDING = re.compile(r"\.(?:py|rb|sh|bash|pl|php|js|mjs|cjs|ts|jar|rake|exe|lua|R|pyc|ex|exs|bat)$")
BAD = re.compile(r"[^A-Za-z0-9_]+", re.ASCII)
SAYS_NOTHING = frozenset(
    "cd . source export set unset true false : [ [[ test sleep umask ulimit trap exit echo wait".split()
)


def valid(name: str) -> str:
    """A name as the Procfile has it, as near to this one as can be."""
    kept = re.sub(r"[^A-Za-z0-9_.-]+", "_", _ascii(name), flags=re.ASCII).strip("_.-")
    return kept[:LONGEST].rstrip("_.-") or ANY


def unique(name: str, taken: Container[str]) -> str:
    """The same, or with the first number behind it that makes it another one."""
    number, found = 2, name
    while found in taken:
        found, number = f"{name}_{number}", number + 1
    return found


def of_command(command: str) -> str:
    """What a command is about: `remind` of `cd /srv/app && flock -n l python bin/remind.py >> log 2>&1`."""
    return _short(_about(command, DEEPEST)) or ANY


def _about(command: str, deepest: int) -> str:
    """The words that a line is about, those of its last command that says something."""
    parts = _parts(command)
    for part in reversed([part for part in parts if part[0] not in SAYS_NOTHING] or parts):
        if found := _subject(part, deepest):
            return found
    return ""


def _parts(command: str) -> list[list[str]]:
    """The words of each simple command of a line; of a pipe the first counts."""
    try:
        line = parsed.of(command)
    except ValueError:
        return [words] if (words := command.split()) else []
    parts = [
        [_bare(token.text) for token in words]
        for words, before in zip(line.commands, ("", *line.joined), strict=False)
        if before not in ("|", "|&")
    ]
    return [part for words in parts if (part := _without_reserved(words))]


def _without_reserved(words: list[str]) -> list[str]:
    """`if`, `then`, `{` and the like in front; nothing of `for x in ...`."""
    if words[0] in ("for", "case", "select", "function"):
        return []
    while words and words[0] in shell.RESERVED:
        words = words[1:]
    return words


def _bare(word: str) -> str:
    """A word without its quotes; what the shell would put in stays as it is written."""
    try:
        found = shlex.split(word)
    except ValueError:
        return word
    return found[0] if len(found) == 1 else word


def _subject(words: list[str], deepest: int) -> str:
    """What the words run: a script, a module, a task, or the program itself; of wrappers what they wrap."""
    wrapped, rest = _unwrapped(words)
    if isinstance(rest, str):
        return _about(rest, deepest - 1) if deepest else ""
    if not rest:
        return _program(wrapped)
    program = rest[0].rpartition("/")[2]
    if not INTERPRETERS.fullmatch(program):
        return _program(program)
    if OF_SHELLS.fullmatch(program) and (line := _line_of(rest[1:])):
        return _about(line, deepest - 1) if deepest else ""
    return next(_scripts(rest[1:]), "") or _program(program)


def _unwrapped(words: list[str]) -> tuple[str, list[str] | str]:
    """The last wrapper, and what it wraps: words, or a line in one word. Without variables and options."""
    wrapper, operands, at = "", 0, 0
    while at < len(words):
        word, base = words[at], words[at].rpartition("/")[2]
        at += 1
        if wrapper and OF_SHELLS.fullmatch(wrapper) and SCRIPT.fullmatch(word) and at < len(words):
            return wrapper, words[at]
        if word.startswith("-"):
            at += wrapper != "" and WITH_VALUE.fullmatch(word) is not None
        elif base in WRAPPERS:
            wrapper, operands = base, base in WITH_OPERAND
        elif operands:
            operands = False
        elif not (
            ASSIGNMENT.match(word)
            or NUMBER.fullmatch(word)
            or (wrapper and word in VERBS and at < len(words))
        ):
            return wrapper, words[at - 1 :]
    return wrapper, []


def _line_of(words: list[str]) -> str:
    """What a shell runs that gets `-c`."""
    for at, word in enumerate(words[:-1]):
        if SCRIPT.fullmatch(word):
            return words[at + 1]
    return ""


def _scripts(words: list[str]) -> Iterator[str]:
    """What an interpreter runs: a file, a module behind `-m`, a task; not its options."""
    left = iter(words)
    for word in left:
        if word in ("-c", "-e", "--eval"):
            return
        base = word.rstrip("/").rpartition("/")[2]
        if word in SCRIPT_WITH_VALUE:
            next(left, None)
        elif not (
            word.startswith("-") or word in VERBS or ASSIGNMENT.match(word) or INTERPRETERS.fullmatch(base)
        ):
            yield ENDING.sub("", base)


def _program(name: str) -> str:
    return ENDING.sub("", name.rpartition("/")[2])


def _short(text: str) -> str:
    return BAD.sub("_", _ascii(text)).strip("_")[:LONGEST].rstrip("_")


def _ascii(text: str) -> str:
    """Letters without their accents."""
    return "".join(each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each))
