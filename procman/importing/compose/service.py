"""A service of a compose file, as what is read of it: texts with variables in them, and what is mounted."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, NamedTuple

from procman.core.config.yamltree import Mapping, Scalar, Sequence
from procman.importing.compose import interpolation, merging
from procman.importing.reading.parts import Part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from procman.core.config.yamltree import Node
    from procman.importing.compose.interpolation import Template

HERE = (".", "", "${PWD}", "$PWD")


class File(NamedTuple):
    """What a service has to know of the rest. `folder` is that of the file, seen from the app's folder."""

    folder: str = ""
    project: str = ""
    services: frozenset[str] = frozenset()
    built: frozenset[str] = frozenset()
    """Images that some service builds: they are the app's own."""
    wanted: frozenset[str] = frozenset()
    """Services that others depend on."""
    ours: bool = False
    """It is an export of procman."""

    def path(self, text: str) -> str:
        """A path of the file, seen from the app's folder."""
        return posixpath.normpath(posixpath.join(self.folder, text))


class Mount(NamedTuple):
    """A place in the container; `source` is what stands there, empty for a volume without a name."""

    source: Template
    target: Template
    mode: str
    line: int
    kind: str = ""

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder of this machine, and no volume of docker's."""
        text = interpolation.assumed(self.source)
        return self.kind == "bind" or text.startswith((".", "/", "~")) or _is_here(self.source)


class Service(Part):
    """A service, or what is below one of its keys. Variables in a value that procman.yml takes are told."""

    _mounts: list[Mount] | None = None

    def scalar(self, key: str) -> Scalar | None:
        """A value, as it is when no variable is set."""
        found = super().scalar(key)
        return self.assume(key, found) if found else None

    def scalars(self, key: str) -> list[Scalar]:
        """Values, likewise."""
        return [self.assume(key, each) for each in super().scalars(key)]

    def raw(self, key: str) -> Scalar | None:
        """A value as it is written."""
        return super().scalar(key)

    def raws(self, key: str) -> list[Scalar]:
        """Values as they are written."""
        return super().scalars(key)

    def template(self, key: str, scalar: Scalar) -> Template:
        """A value in pieces."""
        try:
            return interpolation.read(scalar.text)
        except ValueError as error:
            self.lose(scalar.line, f"{key}: {error}: it is taken as it stands")
            return (scalar.text,)

    def assume(self, key: str, scalar: Scalar) -> Scalar:
        """A value as it is when no variable is set, which is told."""
        template = self.template(key, scalar)
        text = interpolation.assumed(template)
        if interpolation.literal(template) is None:
            asked = ", ".join(dict.fromkeys(interpolation.names(template)))
            self.lose(
                scalar.line, f"{key}: procman.yml asks no variable ({asked}): '{text}' is written there"
            )
        return scalar._replace(text=text)

    def mounts(self) -> list[Mount]:
        """What is below `volumes`."""
        if self._mounts is None:
            self._mounts = [found for node in self.items("volumes") if (found := self._mount(node))]
        return self._mounts

    def _mount(self, node: Node) -> Mount | None:
        if isinstance(node, Scalar):
            parts = interpolation.cut(self.template("volumes", node), ":")
            mode = interpolation.assumed(parts[2]) if len(parts) > 2 else ""
            return Mount(parts[0] if parts[1:] else (), parts[1] if parts[1:] else parts[0], mode, node.line)
        if isinstance(node, Sequence):
            self.lose(node.line, "volumes: one value belongs here: nothing is made of it")
            return None
        long = Service(self.found, f"{self.where}: volumes", node, node.line)
        kind, mode = long.text("type"), "ro" if long.flag("read_only") else ""
        source, target = (long._piece(key) for key in ("source", "target"))
        long.finish(silent=("consistency",))
        return Mount(source, target, mode, node.line, kind)

    def _piece(self, key: str) -> Template:
        found = self.raw(key)
        return self.template(key, found) if found else ()


def _is_here(template: Template) -> bool:
    return bool(template) and isinstance(template[0], interpolation.Reference) and template[0].name == "PWD"


def extended(services: Mapping, node: Node, seen: tuple[str, ...] = ()) -> Node:
    """A service with what it has of another one of the same file (`extends`)."""
    name = _base(node)
    if name is None or name in seen or name not in services.entries or not isinstance(node, Mapping):
        return node
    base = extended(services, services.entries[name].value, (*seen, name))
    if not isinstance(base, Mapping):
        return node
    own = {key: entry for key, entry in node.entries.items() if key != "extends"}
    return merging.merged(base, node._replace(entries=own))


def _base(node: Node) -> str | None:
    entry = node.entries.get("extends") if isinstance(node, Mapping) else None
    if entry is None:
        return None
    if isinstance(entry.value, Scalar):
        return entry.value.text
    below = entry.value.entries if isinstance(entry.value, Mapping) else {}
    named = below["service"].value if "service" in below and "file" not in below else None
    return named.text if isinstance(named, Scalar) else None


def dependencies(service: Part) -> Iterator[str]:
    """The services that one names as such it depends on, before anything is taken out of it."""
    for key in ("depends_on", "links"):
        node = service.entries[key].value if key in service.entries else None
        if isinstance(node, Mapping):
            yield from node.entries
        elif isinstance(node, Sequence):
            yield from (each.text.partition(":")[0] for each in node.items if isinstance(each, Scalar))
