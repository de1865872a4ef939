"""A service of a compose file that is somebody else's image, as a line that runs it: docker-run(1)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from procman.importing.compose import commands, interpolation
from procman.importing.compose.commands import Words
from procman.importing.compose.interpolation import Reference
from procman.importing.compose.ports import ports

if TYPE_CHECKING:
    from collections.abc import Iterator

    from procman.importing.compose.commands import Environment
    from procman.importing.compose.interpolation import Template
    from procman.importing.compose.service import File, Mount, Service

VALUES = {
    "hostname": "--hostname",
    "domainname": "--domainname",
    "platform": "--platform",
    "shm_size": "--shm-size",
    "cpus": "--cpus",
    "cpuset": "--cpuset-cpus",
    "cpu_shares": "--cpu-shares",
    "memswap_limit": "--memory-swap",
    "mem_reservation": "--memory-reservation",
    "pids_limit": "--pids-limit",
    "user": "--user",
    "working_dir": "--workdir",
    "ipc": "--ipc",
    "pid": "--pid",
    "uts": "--uts",
    "userns_mode": "--userns",
    "runtime": "--runtime",
    "mac_address": "--mac-address",
    "oom_score_adj": "--oom-score-adj",
    "cgroup_parent": "--cgroup-parent",
}
FLAGS = {"privileged": "--privileged", "read_only": "--read-only", "init": "--init", "stdin_open": "-i"}
LISTS = {
    "cap_add": "--cap-add",
    "cap_drop": "--cap-drop",
    "devices": "--device",
    "dns": "--dns",
    "dns_search": "--dns-search",
    "dns_opt": "--dns-option",
    "group_add": "--group-add",
    "security_opt": "--security-opt",
    "tmpfs": "--tmpfs",
}
PAIRS = {"labels": ("--label", "="), "sysctls": ("--sysctl", "="), "extra_hosts": ("--add-host", ":")}
"""Options with a name and a value in a word."""
NETWORKS = ("host", "none", "bridge")
KNOWN_PORTS = {
    **dict.fromkeys(("redis", "valkey"), 6379),
    **dict.fromkeys(("postgres", "postgis", "pgvector", "timescaledb"), 5432),
    **dict.fromkeys(("mysql", "mariadb"), 3306),
    **dict.fromkeys(("elasticsearch", "opensearch"), 9200),
    **dict.fromkeys(("mailhog", "mailpit"), 1025),
    "mongo": 27017,
    "memcached": 11211,
    "rabbitmq": 5672,
    "nats": 4222,
    "minio": 9000,
    "localstack": 4566,
    "etcd": 2379,
    "clickhouse-server": 8123,
}
"""Where the programs of well-known images listen: in compose others reach them by the service's name."""
OF_DOCKER = re.compile(r"PATH|HOME|TMPDIR|LD_\w+|DOCKER_\w+|HTTPS?_PROXY|NO_PROXY", re.IGNORECASE)
"""Variables that would mean something to the program `docker` itself."""


def command(service: Service, file: File, environment: Environment) -> tuple[str, Words]:
    """The line, and what runs a command in the container."""
    name = _name(service, file)
    options = [*_named(service, name), *_options(service), *_ports(service, file)]
    options += [*_variables(environment, service), *_volumes(service, file)]
    entrypoint, said = (commands.words(service, key) for key in ("entrypoint", "command"))
    first, *rest = entrypoint.words if entrypoint and entrypoint.words else [()]
    options += [(("--entrypoint",), first)] if entrypoint else []
    image = _value(service, "image")
    words: list[Template] = [("docker",), ("run",), ("--rm",)]
    words += [word for option in options for word in option]
    words += [image, *rest, *(said.words if said else ())]
    return interpolation.line(words), Words((("docker",), ("exec",), name))


def listens(image: str) -> int | None:
    """Where the program of a well-known image listens."""
    return KNOWN_PORTS.get(image.partition("@")[0].rpartition("/")[2].partition(":")[0])


Option = tuple["Template", ...]


def _value(service: Service, key: str) -> Template:
    found = service.raw(key)
    return service.template(key, found) if found else ()


def _name(service: Service, file: File) -> Template:
    """Each instance has its own: PS is the name of the process."""
    return _value(service, "container_name") or (f"{file.project}-", Reference("PS"))


def _named(service: Service, name: Template) -> list[Option]:
    """Only who is asked for by name needs one: of a name there is one container, also of a dead one."""
    own = interpolation.literal(name) is not None
    return [(("--name",), name)] if own or service.has("healthcheck") else []


def _options(service: Service) -> Iterator[Option]:
    for key, option in VALUES.items():
        if value := _value(service, key):
            yield (option,), value
    for key, option in FLAGS.items():
        if service.flag(key):
            yield ((option,),)
    for key, option in LISTS.items():
        for each in service.raws(key):
            yield (option,), service.template(key, each)
    for key, (option, sign) in PAIRS.items():
        for name, scalar, _ in service.pairs(key):
            value = (sign, *service.template(key, scalar)) if scalar else ()
            yield (option,), interpolation.joined((name, *value))
    if memory := service.entries.get("mem_limit"):
        yield ("--memory",), service.template("mem_limit", memory.value)  # type: ignore[arg-type]
    network = service.text("network_mode")
    if network in NETWORKS:
        yield ("--network",), (network,)
    elif network:
        service.lose(
            service.line, f"network_mode: {network}: its container is in the usual network of docker"
        )


def _ports(service: Service, file: File) -> Iterator[Option]:
    published = [port.text for port in ports(service)]
    exposed = service.scalars("expose")
    image = service.entries.get("image")
    known = listens(getattr(image.value, "text", "") if image else "")
    if not published:
        inner = [each.text for each in exposed] or ([str(known)] if known else [])
        published = [(f"127.0.0.1:{port}:{port}",) for port in inner]
    if not published and service.where in file.wanted:
        text = (
            "nothing reaches it from outside of its container: publish a port with '-p 127.0.0.1:PORT:PORT'"
        )
        service.lose(service.line, text)
    for each in published:
        yield ("-p",), each


def _variables(environment: Environment, service: Service) -> Iterator[Option]:
    """Values come by procman.yml, where nobody sees them in a list of processes."""
    for file in service.scalars("env_file") if service.has("env_file") else ():
        yield ("--env-file",), (file.text,)
    names = [*environment.env, *environment.asked, *environment.passed]
    for name in names:
        if OF_DOCKER.fullmatch(name) and name in environment.env:
            yield ("-e",), (f"{name}={environment.env.pop(name)}",)
        else:
            yield ("-e",), (name,)
    for name, value in environment.own.items():
        yield ("-e",), (f"{name}={value}",)


def _volumes(service: Service, file: File) -> Iterator[Option]:
    for mount in service.mounts():
        if mount.kind == "tmpfs":
            yield ("--tmpfs",), mount.target
            continue
        source = _source(mount, file)
        mode = (f":{mount.mode}",) if mount.mode else ()
        between = (":",) if source else ()
        yield ("-v",), interpolation.joined((*source, *between, *mount.target, *mode))


def _source(mount: Mount, file: File) -> Template:
    """docker takes a path from where it is called."""
    first = mount.source[0] if mount.source else ""
    if isinstance(first, str) and first.startswith("~"):
        return Reference("HOME"), first[1:], *mount.source[1:]
    if isinstance(first, str) and first.startswith(".") and file.folder:
        return f"./{file.folder}/{first}", *mount.source[1:]
    return mount.source
