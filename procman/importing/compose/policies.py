"""When a service of a compose file starts, restarts, stops and is well, in the keys of procman.yml."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from procman.core.config.yamltree import Mapping, Scalar, Sequence
from procman.core.plan.policies import Backoff
from procman.core.schedule import durations
from procman.importing.compose.commands import Words
from procman.importing.reading import ours, parts, seconds

if TYPE_CHECKING:
    from procman.core.config.yamltree import Node
    from procman.importing.compose.interpolation import Template
    from procman.importing.compose.service import File, Service
    from procman.importing.found import Keys

RESTART = {"no": "never", "false": "never", "always": "always", "unless-stopped": "always"}
OF_DEPLOY = {"none": "never", "on-failure": "on-failure", "any": "always"}
CONDITIONS = {
    "service_started": "started",
    "service_healthy": "ready",
    "service_completed_successfully": "completed",
}
INTERVAL, RETRIES = 30.0, 3
"""What docker does when nobody says so (Dockerfile reference, HEALTHCHECK)."""
TIMES = ("interval", "timeout", "retries", "start_period", "start_interval")
GIVES_UP = (
    "restart: procman gives up after 10 failures in a row, docker never:"
    " 'backoff: {give_up_after: never}' does as docker"
)
ONE_MACHINE = (
    "here each instance needs a port of its own: procman says in PORT which, and the command has to take it"
)
FETCHED = (
    "image: if it is not here, docker fetches it first, and by then the time to be 'ready' is over:"
    " 'docker pull' it before"
)
IN_DEPLOY = {
    "mode": "only Swarm has it",
    "endpoint_mode": "only Swarm has it",
    "labels": "processes have no labels",
    "placement": "there is one machine",
    "rollback_config": "'procman restart' replaces processes one after the other, and takes none back",
    "update_config": "'procman restart' and 'procman reload' replace processes one after the other",
}
AGAIN = ("restart", "sync+restart", "rebuild")
"""Actions of `develop: watch:` with a restart in them."""


def restart(service: Service, deploy: Service) -> Keys:
    """Whether it is started again. Of compose's own accord it is not, and the others go on."""
    policy = deploy.part("restart_policy")
    found = service.scalar("restart")
    if found is None:
        return _of_deploy(policy)
    word, _, number = found.text.partition(":")
    if word == "on-failure":
        return {"restart": word, **_failures(number)}
    if word not in RESTART:
        service.lose(found.line, f"restart: '{found.text}' is not known")
    return {"restart": RESTART.get(word, "never")}


def _failures(restarts: str) -> Keys:
    """docker counts restarts, procman failures: the first is no restart. Without a number it never ends."""
    if not restarts.isdecimal():
        return {"backoff": {"give_up_after": "never"}}
    limit = int(restarts) + 1
    return {} if limit == Backoff().give_up_after else {"backoff": {"give_up_after": limit}}


def _of_deploy(policy: Service) -> Keys:
    if not policy.entries:
        return {"restart": "never"}
    word = policy.text("condition") or "any"
    pairs = {"initial": "delay", "reset_after": "window", "give_up_after": "max_attempts"}
    backoff = {key: policy.text(name) for key, name in pairs.items()}
    policy.finish()
    said = {key: parts.number(value) for key, value in backoff.items() if value and value not in ("0s", "0")}
    return {"restart": OF_DEPLOY.get(word, "always"), **({"backoff": said} if said else {})}


def stop(service: Service) -> Keys:
    """What asks it to stop, and how long it may take."""
    signal, period = service.text("stop_signal"), service.text("stop_grace_period")
    return {**({"stop_signal": signal} if signal else {}), **({"timeout": period} if period else {})}


def number(service: Service, deploy: Service) -> Keys:
    """How many there are, and whether they start with the others."""
    found = deploy.scalar("replicas") or service.scalar("scale")
    profiles = service.scalars("profiles")
    if found and found.text == "0":
        service.lose(found.line, "replicas: of 0 there is one here that does not start with the others")
    alone = bool(profiles) or bool(found and found.text == "0")
    if len({each.text for each in profiles}) > 1 or (profiles and profiles[0].text != service.where):
        named = ", ".join(each.text for each in profiles)
        text = (
            f"profiles: {named}: without profiles it starts when it is named: procman start {service.where}"
        )
        service.lose(profiles[0].line, text)
    instances = {"instances": parts.number(found.text)} if found and found.text not in ("0", "1") else {}
    return {**instances, **({"autostart": False} if alone else {})}


def limits(service: Service, deploy: Service) -> Keys:
    """What it may use."""
    resources = deploy.part("resources")
    limits_ = resources.part("limits")
    memory = limits_.text("memory") or service.text("mem_limit")
    for each in (limits_, resources):
        each.finish({"reservations": "procman reserves nothing", "cpus": "procman does not limit it"})
    keys: Keys = {"max_memory": memory} if memory else {}
    files = service.part("ulimits")
    nofile = files.entries.get("nofile")
    if nofile and isinstance(nofile.value, Scalar):
        keys["nofile"] = parts.number(files.text("nofile"))
    elif nofile:
        both = files.part("nofile")
        keys["nofile"] = parts.number(both.text("soft") or both.text("hard"))
        both.finish({"hard": "procman sets both limits to the soft one"})
    files.finish(dict.fromkeys(files.entries, "of ulimits procman sets 'nofile' only"))
    return keys


def health(service: Service, file: File, port: str = "", through: Words | None = None) -> Keys:
    """How it is known that it is well. docker restarts none that is not, so it is `ready`, and not `alive`.

    `port` is its own. `through`: what runs a command where the service is.
    """
    check = service.part("healthcheck")
    test = check.take("test")
    command = _test(check, test.value) if test else None
    if check.flag("disable") or command == ():
        check.entries = {}
        return {}
    times = {key: check.text(key) for key in TIMES}
    check.finish()
    if command is None:
        if test or any(times.values()):
            check.lose(check.line, "the command is that of the image: write it below 'ready: {cmd: ...}'")
        return {}
    words = Words((*(through.words if through else ()), *command))
    try:
        lengths = {key: durations.parse(value) for key, value in times.items() if value and key != "retries"}
        retries = int(times["retries"] or RETRIES)
    except ValueError as error:
        check.lose(check.line, f"its times are not carried over: {error}")
        return {"ready": {"cmd": words.line}}
    if file.ours:
        line, _ = words.unwrapped(service.found.place)
        return _of_export(ours.question(line, port), lengths, retries)
    return {"ready": {"cmd": words.line, **_times(lengths, retries)}}


def _test(check: Service, node: Node) -> tuple[Template, ...] | None:
    """The words of the command; none when there is to be no check, None for what is not understood."""
    if isinstance(node, Scalar):
        return (("/bin/sh",), ("-c",), check.template("test", node))
    nodes = node.items if isinstance(node, Sequence) else ()
    items = [each for each in nodes if isinstance(each, Scalar)]
    kind = items[0].text if items else ""
    templates = tuple(check.template("test", each) for each in items[1:])
    if kind == "CMD-SHELL" and templates:
        return (("/bin/sh",), ("-c",), templates[0])
    if kind == "CMD" and templates:
        return templates
    return () if kind == "NONE" else None


def _times(lengths: dict[str, float], retries: int) -> Keys:
    """`within` is the time in which docker has asked often enough to call it unhealthy."""
    every = lengths.get("start_interval") or lengths.get("interval")
    within = lengths.get("start_period", 0.0) + (retries or RETRIES) * (lengths.get("interval") or INTERVAL)
    keys = {"within": within, "every": every, "timeout": lengths.get("timeout")}
    return {key: seconds.text(value) for key, value in keys.items() if value}


def _of_export(asked: Keys, lengths: dict[str, float], retries: int) -> Keys:
    """An export says of `ready` and `alive` what each is like."""
    said = {key: seconds.text(length) for key, length in lengths.items()}
    timeout = {"timeout": said["timeout"]} if "timeout" in said else {}
    found: Keys = {}
    if within := said.get("start_period"):
        every = {"every": said["start_interval"]} if "start_interval" in said else {}
        found["ready"] = {**asked, "within": within, **every}
    if interval := said.get("interval"):
        found["alive"] = {**asked, "every": interval, "failures": retries, **timeout}
    elif found:
        found["ready"] |= timeout
    return found


def watch(service: Service, file: File) -> Keys:
    """Files whose changes restart it. What compose copies into a container is here already."""
    develop = service.part("develop")
    patterns: list[str] = []
    for rule in develop.parts("watch"):
        action, path = rule.text("action"), file.path(rule.text("path") or ".")
        ignored, included = rule.scalars("ignore"), rule.scalars("include")
        rule.finish({"exec": "procman runs nothing at a change: it restarts the process"}, silent=("target",))
        if action in AGAIN:
            patterns += [_pattern(path, each.text) for each in included] or [_folder(path)]
            patterns += [f"!{_pattern(path, each.text)}" for each in ignored]
        elif action != "sync":
            rule.lose(rule.line, f"watch: '{action}' restarts nothing, and procman does only that")
    develop.finish()
    return {"watch": patterns} if patterns else {}


def _folder(path: str) -> str:
    last = posixpath.basename(path)
    return "**/*" if path == "." else path if "." in last[1:] else f"{path}/"


def _pattern(path: str, below: str) -> str:
    return posixpath.normpath(posixpath.join(path, below)) + "/" * below.endswith("/")


def depends(service: Service) -> dict[str, str]:
    """What it waits for, by the service's name in the file."""
    found: dict[str, str] = {}
    entry = service.take("depends_on")
    if entry and isinstance(entry.value, Mapping):
        for name, each in entry.value.entries.items():
            below = type(service)(
                service.found, f"{service.where}: depends_on: {name}", each.value, each.line
            )
            condition = below.text("condition") or "service_started"
            if condition not in CONDITIONS:
                below.lose(each.line, f"condition: '{condition}' is not known: it waits for its start")
            found[name] = CONDITIONS.get(condition, "started")
            if below.flag("restart"):
                below.lose(each.line, "restart: procman restarts no process because of another")
            below.finish(silent=("required",))
    elif entry:
        service.entries["depends_on"] = entry
        found = {each.text: "started" for each in service.scalars("depends_on")}
    for link in service.scalars("links"):
        found.setdefault(link.text.partition(":")[0], "started")
    return found
