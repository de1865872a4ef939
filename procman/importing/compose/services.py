"""docker compose: a service that the app builds is a process, one of somebody else's image runs by docker.

Compose file reference (docs.docker.com), and compose-spec's JSON Schema for the keys.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, NamedTuple

from procman.core.config import yamltree
from procman.core.config.yamltree import Mapping, Scalar
from procman.errors import Problem, UserError
from procman.importing.compose import commands, dockerrun, interpolation, merging, policies, ports
from procman.importing.compose import process as composeprocess
from procman.importing.compose import service as composeservice
from procman.importing.compose.service import File, Service
from procman.importing.reading import ours, parts, trees

if TYPE_CHECKING:
    from collections.abc import Iterable

    from procman.core.config.yamltree import Node
    from procman.importing.compose.commands import Environment
    from procman.importing.found import Found, Keys
    from procman.importing.reading.parts import Part

NONE = "there are no services below 'services:': this is no file of docker compose, or a very old one"
USUAL_NAMES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
OVERRIDE = "docker reads {} with it: name it, too, behind this one"
SECOND = "a second document starts here: it is not read"
TOP = {
    "include": "other files are not read: import them as well",
    "secrets": composeprocess.SECRETS,
    "configs": composeprocess.CONFIGS,
    "models": composeprocess.MODELS,
}
NETWORK = "its container is in the usual network of docker"
OF_DOCKER = {**composeprocess.LACKS, "networks": NETWORK, "external_links": NETWORK}
SILENT_FOR_DOCKER = ("pull_policy", "tty", "expose")
PERIOD = "10s"
"""Between the stop signal and SIGKILL, when nobody says so."""


class Document(NamedTuple):
    """What is in a file; `ours`: it is an export of procman."""

    root: Mapping
    ours: bool


def read(data: bytes, source: str, found: Found) -> None:
    """Keep a compose file until all are read: one may be laid over another. Raises `UserError` for what is
    none."""
    root, *others = trees.of(yamltree.parse_all, data, source, found) or [Mapping({}, 1)]
    for other in others:
        found.lose(other.line, SECOND)
    found.gather(_finish, Document(root, ours.is_export(data, "compose")))


def _finish(found: Found, items: list[tuple[str, Document]]) -> None:
    """Add the services of all files together, as docker does it with several."""
    (source, first), *others = items
    found.of(source)
    root: Node = first.root
    for name, other in others:
        root = merging.merged(root, merging.elsewhere(other.root, name))
    if not others:
        _tell_of_override(source, found)
    _read(parts.Part(found, "", root, root.line), source, first.ours, found)


def _tell_of_override(source: str, found: Found) -> None:
    """docker reads a second file without being asked."""
    folder, _, base = source.rpartition("/")
    stem, dot, ending = base.rpartition(".")
    other = posixpath.join(folder, f"{stem}.override{dot}{ending}")
    if base in USUAL_NAMES and found.place.is_file(other):
        found.lose(None, OVERRIDE.format(other))


def _read(root: Part, source: str, is_ours: bool, found: Found) -> None:
    entry = root.entries.pop("services", None)
    if entry is None or not isinstance(entry.value, Mapping) or not entry.value.entries:
        raise UserError([Problem(source, entry.line if entry else None, NONE)])
    services = [
        Service(found, name, composeservice.extended(entry.value, each.value, (name,)), each.line)
        for name, each in entry.value.entries.items()
        if not name.startswith("x-")
    ]
    file = _file(root, services, source, found)._replace(ours=is_ours)
    if not file.ours:
        _tell_once(services, found)
    _add(services, file, found)
    _volumes(root)
    root.finish(TOP, silent=("version", "networks"))


def _file(root: Part, services: list[Service], source: str, found: Found) -> File:
    named = root.text("name") or posixpath.basename(found.place.root)
    return File(
        folder=posixpath.dirname(source),
        project=re.sub(r"[^a-z0-9_-]+", "-", named.lower()).strip("-_") or "app",
        services=frozenset(each.where for each in services),
        built=frozenset(_image(each) for each in services if "build" in each.entries) - {""},
        wanted=frozenset(name for each in services for name in composeservice.dependencies(each)),
    )


def _image(service: Service) -> str:
    entry = service.entries.get("image")
    return entry.value.text if entry and isinstance(entry.value, Scalar) else ""


def _tell_once(services: Iterable[Service], found: Found) -> None:
    """What is not as with docker when nothing is said."""
    for service in services:
        restart = service.entries.get("restart")
        if restart and getattr(restart.value, "text", "") in ("always", "unless-stopped"):
            service.lose(restart.line, policies.GIVES_UP)
            break
    foreign = (each for each in services if "image" in each.entries and "build" not in each.entries)
    if fetched := next((each for each in foreign if each.has("healthcheck")), None):
        fetched.lose(fetched.line_of("image"), policies.FETCHED)
    if any("stop_grace_period" not in service.entries for service in services):
        found.start.setdefault("timeout", PERIOD)


def _add(services: Iterable[Service], file: File, found: Found) -> None:
    """The processes first: what they depend on may come later, and has its name only then."""
    waits = {service.where: policies.depends(service) for service in services}
    ends = {other for each in waits.values() for other, how in each.items() if how == "completed"}
    chosen: dict[str, str] = {}
    own = []
    for service in services:
        name, line = service.where, service.line
        if ours.is_scheduler(commands.spoken(service, "command")):
            service.lose(line, ours.SCHEDULER)
            continue
        own += [name] if composeprocess.is_own(service, file) else []
        chosen[name] = _service(service, file, found)
        if name in ends:
            _let_end(found.processes[chosen[name]], service, line)
    for name, waited in waits.items():
        if waited and name in chosen:
            said = {chosen.get(other, other): how for other, how in waited.items()}
            found.processes[chosen[name]]["depends_on"] = said
    ours.share(found, [chosen[name] for name in own])


def _let_end(keys: Keys, service: Service, line: int) -> None:
    """Of a service that others wait for until it has completed."""
    keys["oneshot"] = True
    if keys.get("restart") != "on-failure" and keys.pop("restart", "") == "always":
        service.lose(line, "restart: others wait for its end: so it is not started again")
    if keys.pop("ready", None):
        service.lose(line, "healthcheck: others wait for its end, and nobody asks it until then")


def _service(service: Service, file: File, found: Found) -> str:
    deploy = service.part("deploy")
    environment = commands.environment(service)
    _tell_hosts(service, environment, file)
    keys: Keys
    listens = next((key for key in ("ports", "expose") if service.has(key)), "")
    line = service.line_of(listens)
    if own := composeprocess.is_own(service, file):
        command, keys = composeprocess.process(service, file, environment, len(found.processes))
        port = str(keys.get("port", ports.usual(len(found.processes))))
        keys |= policies.health(service, file, port)
    else:
        command, through = dockerrun.command(service, file, environment)
        keys = policies.health(service, file, "", through)
    keys |= policies.restart(service, deploy) | policies.stop(service) | policies.number(service, deploy)
    if own and listens and "instances" in keys and not file.ours:
        service.lose(line, f"{listens}: {policies.ONE_MACHINE}")
    keys |= policies.limits(service, deploy) | policies.watch(service, file)
    keys |= {"env": environment.env} if environment.env else {}
    deploy.finish(policies.IN_DEPLOY)
    if own:
        service.finish(composeprocess.LACKS, (*composeprocess.SILENT, *(["build"] if file.ours else [])))
    else:
        service.finish(OF_DOCKER, SILENT_FOR_DOCKER)
    if file.ours and service.where == ours.RELEASE:
        return ours.release(found, environment.before(command), keys)
    return found.process(service.where, environment.before(command), keys, service.line)


def _tell_hosts(service: Service, environment: Environment, file: File) -> None:
    """In compose a service is reached by its name, here at 127.0.0.1."""
    asked = {name: interpolation.assumed(value) for name, value in environment.asked.items()}
    for variable, value in {**environment.env, **asked}.items():
        for name in sorted(file.services):
            if re.search(rf"(?:://|@|^|[,;=(\s]){re.escape(name)}(?::\d|[/,]|$)", value):
                text = f"environment: {variable}: the service '{name}' is at 127.0.0.1 here: write that"
                service.lose(environment.lines[variable], text)


def _volumes(root: Part) -> None:
    """A volume of which more is said than its name."""
    volumes = root.part("volumes")
    for name in [*volumes.entries]:
        below = volumes.entries[name].value
        if not parts.is_empty(below):
            volumes.lose(volumes.entries[name].line, f"{name}: 'docker volume create' makes it as it is here")
