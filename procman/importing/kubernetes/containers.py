"""Containers of Kubernetes as processes. API reference, Container."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, NamedTuple

from procman.core.config.yamltree import Mapping, Sequence
from procman.core.plan import ports
from procman.importing.compose import dockerrun, interpolation
from procman.importing.compose.commands import Environment
from procman.importing.kubernetes import probes, quantities
from procman.importing.kubernetes import values as kubernetesvalues
from procman.importing.reading import ours, parts, shells

if TYPE_CHECKING:
    from procman.importing.compose.interpolation import Template
    from procman.importing.found import Found, Keys
    from procman.importing.kubernetes.values import Sources, Variables
    from procman.importing.reading.parts import Part

PORT = "PORT"
MACHINE = "there is one machine"
CONTAINER = "it is about a container, and the process runs without one"
CONFINED = "procman does not confine: the process may do what its user may"
MOUNTED = "nothing is mounted: the process sees the folders of this machine"
LACKS = {
    "lifecycle": "procman runs nothing then: let the command do it",
    "volumeDevices": MOUNTED,
    "resizePolicy": CONTAINER,
    "restartPolicyRules": "see 'restart'",
}
SILENT = (
    "stdinOnce",
    *("imagePullPolicy", "terminationMessagePath", "terminationMessagePolicy", "volumeMounts"),
)
STOP = re.compile(r"kill -(\w+) 1; while kill -0 1; do sleep 1; done")
"""How an export asks a container to stop with another signal than TERM."""


class Manifests(NamedTuple):
    """What a pod has to know of the other objects. `ours`: they are an export of procman."""

    sources: Sources
    ours: bool


class Spoken(NamedTuple):
    """A container: the line that runs it, what there is in its environment, and the words of its command,
    without variables in them; none when they are not known."""

    line: str
    words: list[str]
    variables: Variables


def spoken(container: Part, manifests: Manifests) -> Spoken:
    """What a container runs, with its variables."""
    variables = kubernetesvalues.of_container(container, manifests.sources)
    command, args = (
        [kubernetesvalues.expanded(each.text, variables.known) for each in container.scalars(key)]
        for key in ("command", "args")
    )
    if command:
        both = [*command, *args]
        return Spoken(interpolation.line(both), interpolation.argv(both) or [], variables)
    return Spoken(_by_docker(container, args, variables), [], variables)


def _by_docker(container: Part, args: list[Template], variables: Variables) -> str:
    """An image with a command of its own."""
    image = container.text("image")
    if not image:
        container.lose(container.line, "it has neither a command nor an image: nothing is made of it")
        return ""
    options: list[Template] = [word for port in _numbers(container) for word in (("-p",), (port,))]
    for name in [*variables.env, *variables.shared, *variables.asked]:
        value = f"={variables.env.pop(name)}" if _is_dockers(name) and name in variables.env else ""
        options += [("-e",), (f"{name}{value}",)]
    for name, value in variables.own.items():
        options += [("-e",), (f"{name}={value}",)]
    text = "its command is in the image: docker runs it, or write the command instead"
    container.lose(container.line, text)
    return interpolation.line([("docker",), ("run",), ("--rm",), *options, (image,), *args])


def _is_dockers(name: str) -> bool:
    return dockerrun.OF_DOCKER.fullmatch(name) is not None


def _numbers(container: Part) -> list[str]:
    """What docker publishes, on the loopback; the list stays to be read."""
    entry = container.entries.get("ports")
    nodes = entry.value.items if entry and isinstance(entry.value, Sequence) else ()
    below = [node.entries.get("containerPort") for node in nodes if isinstance(node, Mapping)]
    numbers = [getattr(each.value, "text", "") for each in below if each]
    return [f"127.0.0.1:{number}:{number}" for number in numbers if number.isdecimal()]


def process(container: Part, manifests: Manifests, found: Found, position: int) -> tuple[str, Keys]:
    """The line of a container and the keys of its own; no line when there is nothing to run."""
    line, words, variables = spoken(container, manifests)
    if ours.is_scheduler(words):
        container.lose(container.line, ours.SCHEDULER)
        return "", {}
    container.take("image")
    kubernetesvalues.share(found, variables)
    listed = _ports(container)
    own = variables.own.get(PORT, "")
    if own and not parts.is_port(own):
        container.lose(container.line, f"env: {PORT}: {parts.NO_PORT}")
    port = next((each for each in (own, *listed.values()) if parts.is_port(each)), "")
    usual = str(ports.DEFAULT_BASE + 100 * position)
    keys: Keys = {"port": parts.number(port)} if port and port != usual else {}
    line, around = shells.unwrapped(words, found.place) if words else (line, {})
    known = probes.Container(port or usual, listed, variables.known, around)
    keys |= probes.keys(container, known)
    keys |= folder(container) | around | account(container, manifests) | _limits(container)
    if container.has("tty"):
        keys["pty"] = "always" if container.flag("tty") else "never"
    if container.has("stdin") and not container.flag("stdin"):
        keys["stdin"] = "null"
    container.take("stdin")
    keys |= {"env": variables.env} if variables.env else {}
    return Environment({}, variables.asked, (), {}, {}).before(line), keys


def of_end(container: Part) -> Keys:
    """The signal that asks it to stop."""
    lifecycle = container.part("lifecycle")
    signal = lifecycle.text("stopSignal")
    before = lifecycle.part("preStop")
    words = [each.text for each in before.part("exec").scalars("command")]
    if asked := STOP.fullmatch(words[-1] if words else ""):
        signal = asked[1]
    elif before.has("exec") or words:
        lifecycle.lose(before.line, f"preStop: {LACKS['lifecycle']}")
    before.entries.pop("exec", None)
    before.finish()
    lifecycle.finish({"postStart": LACKS["lifecycle"]})
    return {"stop_signal": signal} if signal else {}


def account(part: Part, manifests: Manifests) -> Keys:
    """Whom it runs as. All else is about what a container may do: an export says it of every one."""
    context = part.part("securityContext")
    user, group = context.text("runAsUser"), context.text("runAsGroup")
    line = context.line
    context.finish(dict.fromkeys(context.entries, CONFINED), context.entries if manifests.ours else ())
    if not user and not group:
        return {}
    if not part.found.place.is_user(user or group):
        part.lose(line, f"runAsUser: {user or group}: nobody here can be that, or procman is not root")
        return {}
    return {**({"user": user} if user else {}), **({"group": group} if group else {})}


def _ports(container: Part) -> dict[str, str]:
    """By name, or number: the first is where it listens."""
    found: dict[str, str] = {}
    for each in container.parts("ports"):
        number, protocol = each.text("containerPort"), each.text("protocol") or "TCP"
        name = each.text("name") or number
        each.finish({"hostIP": "the command itself says on which address it listens"}, silent=("hostPort",))
        if protocol == "TCP" and number:
            found[name] = number
        else:
            container.lose(each.line, f"ports: {number}/{protocol}: the command itself says that it listens")
    return found


def folder(container: Part) -> Keys:
    """Where it runs."""
    said = container.scalar("workingDir")
    if said is None or said.text in (".", "./"):
        return {}
    place = container.found.place
    if place.is_folder(posixpath.join(place.root, said.text)):
        return {"cwd": said.text}
    container.lose(said.line, f"workingDir: {said.text} is in the container: it runs in the app's folder")
    return {}


def _limits(container: Part) -> Keys:
    resources = container.part("resources")
    limits = resources.part("limits")
    memory = limits.scalar("memory")
    limits.finish(dict.fromkeys(limits.entries, "procman does not limit it"))
    resources.finish({"claims": MACHINE}, silent=("requests",))
    if memory is None:
        return {}
    try:
        return {"max_memory": quantities.memory(memory.text)}
    except ValueError as error:
        container.lose(memory.line, f"resources: limits: memory: {error}")
        return {}
