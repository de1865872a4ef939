"""Lines that need no shell: a program and its words, plain or quoted, as in `bundle exec rails server`.

The words are what the shell would make of them (Shell Command Language, POSIX, 2.2 and 2.6). A line with
anything else in it, such as `$PORT`, `*`, `~` or `;`, is the shell's.
"""

from __future__ import annotations

import re

from procman.core.plan.shell import BUILTINS, QUOTES, RESERVED

OWN = BUILTINS | RESERVED
WORD = re.compile(r"""((?:[\w@%+=:,./-]++|'[^'\0]*+'|"[^"$`\\\0]*+")++)(?:[ \t]++|\Z)""")
QUOTED = r"""'([^']*)'|"([^"]*)\""""
SETTING = re.compile(r"\w+\+?=")
"""Before the name of a program this is no word, but sets a variable."""


def words(line: str) -> tuple[str, ...]:
    """The program and its words; none when the line needs the shell. A leading `exec` says the same."""
    found: list[str] = []
    line, at = line.strip(" \t"), 0
    while at < len(line):
        if not (match := WORD.match(line, at)):
            return ()
        found.append(match[1])
        at = match.end()
    replaces = found[:1] == ["exec"]
    found = found[replaces:]
    if not found or found[0].startswith("-") or (not replaces and _is_the_shells(found[0])):
        return ()
    return tuple(re.sub(QUOTED, r"\1\2", word) for word in found)


def _is_the_shells(word: str) -> bool:
    """Whether the first word of a command is none of a program."""
    return bool(SETTING.match(word)) or QUOTES.sub("", word) in OWN
