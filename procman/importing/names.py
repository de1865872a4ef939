"""Names for processes and tasks: made from commands where there are none, stable and readable."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

TAKEN = ("system", "release")
"""procman's own lines in the log; and what runs before all others."""
LONGEST = 40
ANY = "process"
WRAPPERS = frozenset(
    "sudo doas env exec nohup nice ionice timeout flock setsid chronic cronic time command chpst setuidgid"
    " envdir bundle poetry pipenv uv pdm rye hatch npx npm pnpm yarn bunx tini dumb-init stdbuf".split()
)
"""Programs whose words are a command of their own."""
INTERPRETERS = re.compile(
    r"(python|pypy|ruby|node|deno|bun|perl|php|java|bash|sh|zsh|dash|ksh|Rscript|lua|tsx|ts-node|rake|rails"
    r"|artisan|manage\.py|bin/rails|bin/console|console|mix|cargo|go|dotnet|make|just|invoke|fab)[\d.]*"
)
"""Programs of which what they run says more than their own name."""
VERBS = frozenset("run exec start runner tool script artisan".split())
WITH_VALUE = re.compile(r"-[nugswkc]|--(?:user|signal|kill-after|adjustment)")
"""Options of wrappers with a value in the next word."""
ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
NUMBER = re.compile(r"[\d.]+[smhd]?")
ENDING = re.compile(r"\.(?:py|rb|sh|bash|pl|php|js|mjs|cjs|ts|jar|rake|exe|lua|R|pyc|ex|exs|bat)$")
BAD = re.compile(r"[^A-Za-z0-9_]+", re.ASCII)


def valid(name: str) -> str:
    """A name as the Procfile has it, as near to this one as can be."""
    kept = re.sub(r"[^A-Za-z0-9_.-]+", "_", name, flags=re.ASCII).strip("_.-")
    return kept[:LONGEST].rstrip("_.-") or ANY


def unique(name: str, taken: Container[str]) -> str:
    """The same, or with the first number behind it that makes it another one."""
    number, found = 2, name
    while found in taken:
        found, number = f"{name}_{number}", number + 1
    return found


def of_command(command: str) -> str:
    """What a command is about: `remind` of `cd /srv/app && flock -n l python bin/remind.py >> log 2>&1`."""
    for part in reversed(_parts(command)):
        if said := [*_words(part)]:
            return _short(_subject(said))
    return ANY


def _parts(command: str) -> list[list[str]]:
    """The words of each simple command of a line; of a pipe the first counts."""
    try:
        lexer = shlex.shlex(command.partition("\n")[0], posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words = [*lexer]
    except ValueError:
        words = command.split()
    parts: list[list[str]] = [[]]
    piped = False
    for word in words:
        if word in ("&&", ";", "||", "&", "(", ")"):
            parts.append([])
            piped = False
        elif word == "|":
            piped = True
        elif not piped:
            parts[-1].append(word)
    return [part for part in parts if part and part[0] not in ("cd", ".", "source", "export", "set", "true")]


def _words(part: list[str]) -> Iterator[str]:
    """Without variables, wrappers with their options, and redirections."""
    words = iter(part)
    wrapped = True
    for word in words:
        if word.startswith((">", "<", "&>")) or (word.isdigit() and not wrapped):
            return
        if wrapped and (ASSIGNMENT.match(word) or NUMBER.fullmatch(word)):
            continue
        if wrapped and word.startswith("-"):
            if WITH_VALUE.fullmatch(word):
                next(words, None)
            continue
        if wrapped and (base := word.rpartition("/")[2]) in WRAPPERS:
            if base in ("flock", "envdir", "setuidgid"):
                _skip_operand(words)
            continue
        if wrapped and word in VERBS:
            continue
        wrapped = False
        yield word


def _skip_operand(words: Iterator[str]) -> None:
    """Past the options and the first operand of a wrapper: flock's lock file, say."""
    for word in words:
        if not word.startswith("-"):
            return


def _subject(words: list[str]) -> str:
    first, *rest = words
    program = ENDING.sub("", first.rpartition("/")[2])
    if not INTERPRETERS.fullmatch(first.rpartition("/")[2]):
        return program
    script = next(_scripts(rest), "")
    return script or program


def _scripts(words: Iterable[str]) -> Iterator[str]:
    """What an interpreter runs: a file, a module behind `-m`, a task; not its options."""
    for word in words:
        if word in ("-c", "-e", "--eval"):
            return
        base = word.rstrip("/").rpartition("/")[2]
        if word.startswith("-") or word in VERBS or INTERPRETERS.fullmatch(base):
            continue
        yield ENDING.sub("", base)


def _short(text: str) -> str:
    name = BAD.sub("_", text).strip("_")
    return name[:LONGEST].rstrip("_") or ANY
