"""Variables of Kubernetes' containers: what ConfigMaps and Secrets of the same file say, and `$(NAME)`.

Kubernetes API reference, EnvVar: `$(NAME)` is the value of a variable that is said before, in `command` and
`args` of any; what is not known stays as it is, and `$$` is a dollar.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, NamedTuple

from procman.core.config import yamltree
from procman.core.plan import plan
from procman.importing.compose import interpolation
from procman.importing.compose.interpolation import Reference

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from procman.importing.compose.interpolation import Template
    from procman.importing.found import Found
    from procman.importing.reading.parts import Part

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
REFERENCE = re.compile(r"\$\$|\$\(([A-Za-z_.-][A-Za-z0-9_.-]*)\)")
CONFIG, SECRET = "ConfigMap", "Secret"
MOST_NAMED = 3
NOT_TAKEN = "no container has it as a variable: nothing is made of it"
OUTSIDE = "set it in .env, or in the environment that procman is started in"


class Source(NamedTuple):
    """A ConfigMap or Secret: what it holds, and the names of what containers have taken."""

    values: dict[str, str]
    line: int
    taken: set[str]


Sources = dict[tuple[str, str], Source]
"""By kind and name."""


class Variables(NamedTuple):
    """Of a container: `env` its own, `shared` those of ConfigMaps and Secrets, which go into .env.

    `asked` are put together when it starts, `own` are those of procman. `known` are the names of all.
    """

    env: dict[str, str]
    shared: dict[str, str]
    asked: dict[str, Template]
    own: dict[str, str]
    known: set[str]


def data(part: Part, kind: str) -> dict[str, str]:
    """What a ConfigMap or Secret holds; a Secret's `data` in base64 (RFC 4648)."""
    found = {}
    for name, value, line in _pairs(part, "data"):
        text = value.text if value else ""
        try:
            found[name] = text if kind == CONFIG else base64.b64decode(text, validate=True).decode()
        except (binascii.Error, ValueError):
            part.lose(line, f"data: {name}: it is no text in base64: nothing is made of it")
    for name, value, _ in _pairs(part, "stringData"):
        found[name] = value.text if value else ""
    part.finish({"binaryData": "a variable holds text only"}, silent=("type", "immutable"))
    return found


def _pairs(part: Part, key: str) -> list[tuple[str, yamltree.Scalar | None, int]]:
    entry = part.entries.get(key)
    if entry is None or isinstance(entry.value, yamltree.Mapping):
        return part.pairs(key)
    part.take(key)
    part.lose(entry.line, f"{key}: names with values belong here: nothing is made of it")
    return []


def of_container(container: Part, sources: Sources) -> Variables:
    """All that stands below `envFrom` and `env`; of the same name the later counts."""
    found = Variables({}, {}, {}, {}, set())
    for each in container.parts("envFrom"):
        before = each.text("prefix")
        for key, kind in (("configMapRef", CONFIG), ("secretRef", SECRET)):
            source = _source(each.part(key), kind, sources)
            for name, value in source.values.items() if source else ():
                if source and NAME.fullmatch(before + name):
                    source.taken.add(name)
                    _put(found, before + name, (value,), shared=True)
        each.finish()
    for each in container.parts("env"):
        _variable(found, each, sources)
    return found


def _source(part: Part, kind: str, sources: Sources) -> Source | None:
    name, optional = part.text("name"), part.flag("optional")
    part.finish()
    if name and (kind, name) not in sources and not optional:
        part.lose(part.line, f"the {kind} '{name}' is not in this file: {OUTSIDE}")
    return sources.get((kind, name))


def _variable(found: Variables, part: Part, sources: Sources) -> None:
    name, value, line = part.text("name"), part.scalar("value"), part.line
    part.where = f"{part.where}: {name}"
    from_ = part.part("valueFrom")
    before = frozenset(found.known)
    found.known.add(name)
    if _is_ours(name) and from_.entries:
        return
    if value or not from_.entries:
        _put(found, name, expanded(value.text if value else "", before))
    for key, kind in (("configMapKeyRef", CONFIG), ("secretKeyRef", SECRET)):
        if not from_.has(key):
            continue
        below = from_.part(key)
        source, of, optional = below.text("name"), below.text("key"), below.flag("optional")
        below.finish()
        known = sources.get((kind, source))
        if known and of in known.values:
            known.taken.add(of)
            _put(found, name, (known.values[of],), shared=True)
        elif not optional:
            part.lose(line, f"the {kind} '{source}' with its '{of}' is not in this file: {OUTSIDE}")
    from_.finish(dict.fromkeys(from_.entries, f"only a pod has this: {OUTSIDE}"))
    part.finish()


def _is_ours(name: str) -> bool:
    """Whether procman itself tells it to each process or run."""
    return plan.is_own(name) or name in plan.OF_RUN


def _put(found: Variables, name: str, value: Template, shared: bool = False) -> None:
    """A variable in its place, and in no other one."""
    found.known.add(name)
    resolved = _resolved(value, found)
    for each in (found.env, found.shared, found.asked, found.own):
        each.pop(name, None)
    text = interpolation.literal(resolved)
    if _is_ours(name):
        found.own[name] = text or ""
    elif text is None:
        found.asked[name] = resolved
    else:
        (found.shared if shared else found.env)[name] = text


def _resolved(value: Template, found: Variables) -> Template:
    """A value with what is known of the variables in it; PORT and the like are known when it starts."""
    known: Mapping[str, str] = {**found.env, **found.shared}
    return interpolation.joined(
        known[each.name] if isinstance(each, Reference) and each.name in known else each for each in value
    )


def tell_of_others(found: Found, sources: Sources) -> None:
    """What no container has as a variable."""
    for (kind, name), source in sources.items():
        others = [key for key in source.values if key not in source.taken]
        if others:
            shown = ", ".join(others[:MOST_NAMED]) + ", ..." * (len(others) > MOST_NAMED)
            found.lose(source.line, f"{kind} {name}: {shown}: {NOT_TAKEN}")


def expanded(text: str, known: Container[str]) -> Template:
    """A text in pieces: references to these variables, all else as it stands."""
    pieces: list[str | Reference] = []
    at = 0
    for each in REFERENCE.finditer(text):
        pieces.append(text[at : each.start()])
        at = each.end()
        if each[0] == "$$":
            pieces.append("$")
        else:
            pieces.append(Reference(each[1]) if each[1] in known and NAME.fullmatch(each[1]) else each[0])
    return interpolation.joined([*pieces, text[at:]])


def share(found: Found, variables: Variables) -> None:
    """Put what ConfigMaps and Secrets say into .env, if nothing else of that name is there."""
    for name, value in variables.shared.items():
        if not found.variable(name, value):
            variables.env[name] = value
