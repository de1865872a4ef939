"""The lines of a crontab as cron reads them (crontab(5), Debian's cron and cronie): jobs, each with what the
lines above it set.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

VARIABLE = re.compile(
    r"""[ \t]*+(?:'(?P<single>[^'=]*)'|"(?P<double>[^"=]*)"|(?P<bare>(?:[^\s='"][^\s=]*+)?))\s*+=\s*"""
    r"""(?:'(?P<single_value>[^']*)'|"(?P<double_value>[^"]*)"|(?P<value>(?:[^\s'"].*)?))\s*""",
    re.ASCII | re.DOTALL,
)
"""As env.c of cron has it: matching quotes around all of a name or value, no escapes, nothing expanded;
blanks at the end are cut off, in quotes too. `NAME=` with nothing behind it is cronie's."""
BLANKS = " \t\v\f\r"
FIELD = r"[*\w?][-\w*/,#?~+.]*"
FIRST = r"[*\d?~HR][-\w*/,#?~+.()]*"
"""What may be a field, at least to some cron: a line with anything else in it is told without it."""
CLOCK = re.compile(
    rf"(?P<quiet>-?)(?P<when>{FIRST}(?:[ \t]+{FIELD}){{4}})[ \t]+(?P<rest>.*)", re.ASCII | re.DOTALL
)
NICKNAME = re.compile(r"(?P<when>@every[ \t]+[^\s]+|@[^\s]+)(?:[ \t]+(?P<rest>.*))?", re.ASCII | re.DOTALL)
SIXTH = re.compile(r"(\*[^\s]*|[0-9][-0-9,/]*)[ \t]+(?=\S)")
"""A word that is a field and no command: other crons have seconds in front."""
USER = re.compile(r"(?P<user>[^\s]+)(?:[ \t]+(?P<rest>.*))?", re.ASCII | re.DOTALL)
COMMENT = re.compile(r"[ \t]*#+[ \t]?(.*)")
NO_WORDS = re.compile(
    r"\W*$|.*\bm(?:in(?:ute)?)?\W+h(?:our)?\W+(?:dom|day)\b|[-*/,\d]+(?:\s+[-*/,\w]+){4}\s|@\w+\s"
    r"|DO NOT EDIT|\(.* installed on |\(Cron version|Edit this file to|(?:Begin|End) Whenever"
    r"|Written by 'procman",
    re.IGNORECASE | re.DOTALL,
)
"""Comments that describe nothing: rulers, the heading of the fields, jobs that are switched off, what
programs write."""
ANSIBLE = re.compile(r"Ansible:[ \t]*(.*)")

NO_JOB = "this is neither NAME=value nor five fields and a command: nothing is made of it"
NO_COMMAND = "there is no command: nothing is made of it"


class Variable(NamedTuple):
    """A line that sets a variable for the lines below it."""

    line: int
    name: str
    value: str


class Job(NamedTuple):
    """A line that runs something. `when` is as written, `command` too: what `%` means is not looked at.

    `title`: a name that a program has written above it. `variables`: what the lines above set.
    """

    line: int
    when: str
    command: str
    user: str = ""
    about: str = ""
    title: str = ""
    quiet: bool = False
    variables: Mapping[str, str] = {}


class Wrong(NamedTuple):
    """A line that cron would not take."""

    line: int
    text: str


Item = Variable | Job | Wrong


def read(text: str, with_user: bool) -> Iterator[Item]:
    """What the lines are, apart from blanks and comments, which are in the jobs below them.

    `with_user`: as /etc/crontab has it.
    """
    variables: dict[str, str] = {}
    comments: list[str] = []
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.removesuffix("\r")
        if comment := COMMENT.fullmatch(line):
            comments.append(comment[1].strip())
            continue
        if line.strip(" \t"):
            item = _item(number, line, with_user)
            if isinstance(item, Variable):
                variables[item.name] = item.value
            elif isinstance(item, Job):
                about, title = _described(comments)
                item = item._replace(about=about, title=title, variables={**variables})
            yield item
        comments = []


def _item(number: int, line: str, with_user: bool) -> Item:
    if found := VARIABLE.fullmatch(line):
        name = found["single"] or found["double"] or found["bare"] or ""
        value = found["single_value"] or found["double_value"] or found["value"] or ""
        return Variable(number, name, value.rstrip(BLANKS))
    line = line.lstrip(" \t")
    when = NICKNAME.fullmatch(line) or CLOCK.fullmatch(line)
    if when is None:
        return Wrong(number, NO_JOB)
    rest = when["rest"] or ""
    expression = " ".join(when["when"].split())
    quiet = bool(when.groupdict().get("quiet"))
    if not line.startswith("@") and (sixth := SIXTH.match(rest)):
        expression, rest = f"{expression} {sixth[1]}", rest[sixth.end() :]
    user = USER.fullmatch(rest) if with_user else None
    command = (user["rest"] or "" if user else "") if with_user else rest
    if not command.strip():
        return Wrong(number, NO_COMMAND)
    return Job(number, expression, command, user["user"] if user else "", quiet=quiet)


def _described(comments: list[str]) -> tuple[str, str]:
    """What the comments right above a job say of it, and the name that they give it."""
    if comments and re.search(r"\bcommand\b", comments[-1]) and NO_WORDS.match(comments[-1]):
        return "", ""  # the heading of all: what is above it is about crontabs
    words = [each for each in comments if not NO_WORDS.match(each)]
    titles = [found[1] for each in words if (found := ANSIBLE.fullmatch(each))]
    return " ".join(each for each in words if not ANSIBLE.fullmatch(each)), "".join(titles[-1:])
