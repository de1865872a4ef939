"""The ports of a service of a compose file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from procman.core.config.yamltree import Scalar
from procman.core.plan import ports as given
from procman.importing.compose import interpolation
from procman.importing.compose.commands import PORT
from procman.importing.compose.service import Service
from procman.importing.reading import parts

if TYPE_CHECKING:
    from procman.core.config.yamltree import Node
    from procman.importing.compose.commands import Environment
    from procman.importing.compose.interpolation import Template
    from procman.importing.compose.service import File
    from procman.importing.found import Keys

SHORT = re.compile(
    r"(?:(?:(?P<host>\[[^\]]*\]|[^:]*):)?(?P<published>[0-9-]*):)?(?P<target>[0-9-]+)(?:/(?P<protocol>\w+))?"
)


ANYWHERE = ("", "0.0.0.0", "[::]")


class Port(NamedTuple):
    """A port of the container, and where it was published. `text` is what docker is told of it."""

    target: str
    published: str
    host: str
    protocol: str
    text: Template
    line: int


def ports(service: Service) -> list[Port]:
    """What is below `ports`."""
    return [found for node in service.items("ports") if (found := _port(service, node))]


def usual(position: int) -> int:
    """The port that procman gives to the type at this place of the Procfile."""
    return given.DEFAULT_BASE + 100 * position


def of_process(service: Service, file: File, environment: Environment, position: int) -> Keys:
    """The key `port`: where the app listened in its container it listens here, whatever was published."""
    line = service.line_of("ports")
    published = ports(service)
    known = [each for each in published if each.protocol != "udp" and each.target.isdecimal()]
    exposed = [each.text for each in service.scalars("expose")]
    for port in published:
        if port is not (known[0] if known else None):
            service.lose(port.line, f"ports: {_words(port)}: the command itself says that it listens there")
    targets = [each.target for each in known] + [each for each in exposed if each.isdecimal()]
    own = environment.own.get(PORT, "")
    if own and not parts.is_port(own):
        service.lose(environment.lines[PORT], f"environment: {PORT}: {parts.NO_PORT}")
    said = next((each for each in (own, *targets) if parts.is_port(each)), "")
    if not said:
        return {}
    if known and known[0].published.partition("-")[0] not in ("", said):
        text = f"ports: it was reached at {known[0].published}: here at {said}, where it listens itself"
        service.lose(line, text)
    if known and known[0].host not in ANYWHERE and not file.ours:
        service.lose(line, f"ports: {known[0].host}: the command itself says on which address it listens")
    return {} if said == str(usual(position)) else {"port": parts.number(said)}


def _words(port: Port) -> str:
    return interpolation.assumed(port.text)


def _port(service: Service, node: Node) -> Port | None:
    if isinstance(node, Scalar):
        template = service.template("ports", node)
        found = SHORT.fullmatch(interpolation.assumed(template))
        if not found:
            service.lose(node.line, f"ports: '{node.text}' is no port: nothing is made of it")
            return None
        port = found.groupdict("")
        target, published, host, protocol = map(port.__getitem__, ("target", "published", "host", "protocol"))
        return Port(target, published, host, protocol, template, node.line)
    long = Service(service.found, f"{service.where}: ports", node, node.line)
    target, published, host, protocol = (
        long.text(key) for key in ("target", "published", "host_ip", "protocol")
    )
    long.finish(silent=("mode", "name", "app_protocol"))
    before = f"{host}:" * bool(host) + f"{published}:" * bool(published or host)
    text = f"{before}{target}" + f"/{protocol}" * bool(protocol)
    return Port(target, published, host, protocol, (text,), node.line) if target else None
