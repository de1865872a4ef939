"""What a service of a compose file runs, and in which environment, as a line of a Procfile."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from procman.core.config.yamltree import Mapping, Scalar, Sequence
from procman.core.plan import plan
from procman.importing.compose import interpolation
from procman.importing.reading import shells

if TYPE_CHECKING:
    from procman.importing.compose.interpolation import Template
    from procman.importing.compose.service import Service
    from procman.importing.found import Keys, Place

PORT = "PORT"
SHELL_WORDS: tuple[Template, ...] = (("/bin/sh",), ("-c",))
UNKNOWN = "echo 'write here what the Dockerfile runs (its CMD)' >&2; exit 1"
"""In the place of a command that is not in the file, so that the rest has a place."""


class Words(NamedTuple):
    """A command. `split`: it was written as a text, and the values of its variables may be split."""

    words: tuple[Template, ...]
    split: bool = False

    @property
    def line(self) -> str:
        """The line that runs it."""
        return interpolation.line(self.words, self.split)

    def unwrapped(self, place: Place) -> tuple[str, Keys]:
        """The same, and what its shell does first as keys of procman.yml."""
        known = interpolation.argv(self.words)
        return (self.line, {}) if known is None else shells.unwrapped(known, place)


class Environment(NamedTuple):
    """Variables. `env`: their values are known; `asked`: they are made of those of whoever calls compose.

    `passed`: they come from outside as they are. `own`: procman has its own of that name. `lines`: where
    each stands.
    """

    env: dict[str, str]
    asked: dict[str, Template]
    passed: tuple[str, ...]
    own: dict[str, str]
    lines: dict[str, int]

    def before(self, line: str) -> str:
        """A line with what it takes to have the variables that are asked for."""
        if not self.asked:
            return line
        said = " ".join(f"{name}={interpolation.quoted(value)}" for name, value in self.asked.items())
        return f"export {said}; {line}"


def spoken(service: Service, key: str) -> list[str]:
    """A command or entrypoint as it is written, which stays to be read."""
    node = service.entries[key].value if key in service.entries else None
    if isinstance(node, Scalar):
        return node.text.split()
    items = node.items if isinstance(node, Sequence) else ()
    return [each.text for each in items if isinstance(each, Scalar)]


def words(service: Service, key: str) -> Words | None:
    """A command or entrypoint: a text is split as a shell does it, a list is words. None: nothing is said."""
    entry = service.take(key)
    if entry is None:
        return None
    if isinstance(entry.value, Scalar):
        template = service.template(key, entry.value)
        try:
            found, split = interpolation.words(template)
        except ValueError:
            service.lose(entry.line, f"{key}: a quote has no end: it is taken as a line for the shell")
            found, split = [("sh",), ("-c",), template], False
        return Words(tuple(found), split)
    if isinstance(entry.value, Mapping):
        service.lose(entry.line, f"{key}: it is neither a text nor a list: nothing is made of it")
        return None
    nodes = [each for each in entry.value.items if isinstance(each, Scalar)]
    return Words(tuple(service.template(key, each) for each in nodes))


def command(service: Service) -> Words:
    """What a service runs that the app builds itself."""
    line = service.line_of("command" if service.has("command") else "build")
    entrypoint, said = words(service, "entrypoint"), words(service, "command")
    first = entrypoint.words if entrypoint else ()
    both = Words((*first, *(said.words if said else ())), bool(said and said.split))
    if both.words:
        return both
    service.lose(line, "its command is in its Dockerfile: write it into the Procfile")
    return Words((*SHELL_WORDS, (UNKNOWN,)))


def environment(service: Service) -> Environment:
    """What is below `environment`."""
    found = Environment({}, {}, (), {}, {})
    for name, value, line in service.pairs("environment"):
        template = service.template(f"environment: {name}", value) if value else ()
        text = interpolation.literal(template)
        found.lines[name] = line
        if value is None or template in ((interpolation.Reference(name),),):
            if not plan.is_own(name):
                found = found._replace(passed=(*found.passed, name))
        elif plan.is_own(name):
            found.own[name] = interpolation.assumed(template)
        elif text is not None:
            found.env[name] = text
        else:
            found.asked[name] = template
            _tell_namesakes(service, name, template, line)
    return found


def _tell_namesakes(service: Service, name: str, template: Template, line: int) -> None:
    """compose asks the environment of who calls it, the shell that of the process: PORT is procman's."""
    for each in interpolation.names(template):
        if plan.is_own(each):
            service.lose(line, f"environment: {name}: ${each} is what procman gives to the process")
