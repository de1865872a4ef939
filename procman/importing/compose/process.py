"""A service of a compose file that is the app's own, as a process on this machine."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from procman.core.config.yamltree import Mapping, Scalar
from procman.importing.compose import commands, interpolation, ports
from procman.importing.compose.service import Service

if TYPE_CHECKING:
    from procman.importing.compose.commands import Environment
    from procman.importing.compose.service import File, Mount
    from procman.importing.found import Keys

NETWORK = "all processes are on this machine, and reach each other at 127.0.0.1"
CONTAINER = "it is about a container, and the process runs without one"
MACHINE = "it is about a container: here is the machine as it is"
LIMITS = "procman does not limit it"
MOUNTED = "nothing is mounted: the process sees the folders of this machine"
SECRETS = "processes here have no /run/secrets: give them variables"
CONFIGS = "nothing is mounted: give the process the path of the file on this machine"
MODELS = "procman runs no models"
REASONS = {
    NETWORK: "networks network_mode hostname domainname extra_hosts dns dns_opt dns_search mac_address"
    " external_links",
    CONTAINER: "container_name labels label_file annotations platform runtime cap_add cap_drop privileged"
    " security_opt read_only cgroup cgroup_parent ipc pid uts userns_mode isolation pids_limit",
    MACHINE: "devices device_cgroup_rules sysctls storage_opt shm_size tmpfs volumes_from use_api_socket"
    " credential_spec gpus group_add",
    LIMITS: "cpus cpuset cpu_count cpu_percent cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpu_shares"
    " blkio_config memswap_limit mem_reservation mem_swappiness oom_kill_disable oom_score_adj",
    SECRETS: "secrets",
    CONFIGS: "configs",
    MODELS: "models",
}
LACKS = {key: text for text, keys in REASONS.items() for key in keys.split()} | {
    "logging": "see 'log_dir' of 'start:' for log files",
    "attach": "all processes are in the log, and 'procman logs TYPE' shows one",
    "extends": "the other file is not read: write here what it says",
    "provider": "procman calls no providers",
    "post_start": "procman runs nothing then: make it a process with 'oneshot: true'",
    "pre_stop": "procman runs nothing then: let the command do it when it gets the stop signal",
    "build": "nothing is built: what the Dockerfile installs and its ENTRYPOINT does is up to this machine",
    "scale": "'deploy: replicas:' says it already",
}
SILENT = ("image", "init", "pull_policy", "pull_refresh_after", "expose")
"""What means nothing here, or is so in any case."""


def is_own(service: Service, file: File) -> bool:
    """Whether it runs code of the app: it is built here, or gets the app's folder mounted."""
    image = service.entries.get("image")
    if "build" in service.entries or image is None:
        return True
    if isinstance(image.value, Scalar) and image.value.text in file.built:
        return True
    mounted = any(_is_apps(mount, file) for mount in service.mounts())
    return mounted and (service.has("command") or service.has("entrypoint"))


def process(service: Service, file: File, environment: Environment, position: int) -> tuple[str, Keys]:
    """Its command, and what is not about its starts and stops."""
    folder = _folder(service, file)
    keys: Keys = {} if folder in ("", ".") else {"cwd": folder}
    keys |= ports.of_process(service, file, environment, position)
    keys |= _files(service, file) | _user(service)
    keys |= _terminal(service)
    line, around = commands.command(service).unwrapped(service.found.place)
    return line, keys | around


def _terminal(service: Service) -> Keys:
    """What is said of its terminal and input; a container without a word has neither, which is no matter."""
    found: Keys = {}
    if service.has("tty"):
        found["pty"] = "always" if service.flag("tty") else "never"
    if service.has("stdin_open") and not service.flag("stdin_open"):
        found["stdin"] = "null"
    return found


def _is_apps(mount: Mount, file: File) -> bool:
    return mount.is_folder and not interpolation.assumed(mount.source).startswith(("/", "~", ".."))


def _context(service: Service, file: File) -> str:
    """The folder that it is built of."""
    entry = service.entries.get("build")
    node = entry.value if entry else None
    if isinstance(node, Mapping):
        below = node.entries.get("context")
        node = below.value if below else None
    text = node.text if isinstance(node, Scalar) else "."
    return "." if "://" in text or text.startswith(("/", "git@", "$")) else file.path(text)


def _folder(service: Service, file: File) -> str:
    """Where it runs: in the container a folder that was copied or mounted from one that is here."""
    wanted = service.scalar("working_dir")
    mounts = service.mounts()
    for mount in [each for each in mounts if not _is_quiet(each, file, _context(service, file), mounts)][:1]:
        service.lose(mount.line, f"volumes: {MOUNTED}")
    if wanted is None:
        return _there(service, _context(service, file), service.line_of("build"))
    for mount in mounts:
        target = posixpath.normpath(interpolation.assumed(mount.target) or "/")
        below = posixpath.relpath(wanted.text, target) if wanted.text.startswith("/") else ".."
        if _is_apps(mount, file) and not below.startswith(".."):
            source = interpolation.assumed(mount.source).replace("${PWD}", ".") or "."
            return _there(service, posixpath.normpath(posixpath.join(file.path(source), below)), wanted.line)
    if service.found.place.is_folder(wanted.text):
        return wanted.text
    context = _context(service, file)
    if context != ".":
        return _there(service, context, wanted.line)
    service.lose(wanted.line, f"working_dir: {wanted.text} is in the container: it runs in the app's folder")
    return ""


def _is_quiet(mount: Mount, file: File, context: str, mounts: list[Mount]) -> bool:
    """Whether it needs no word: the app's own folder, or a place in it that is left to the container."""
    if file.ours or not mount.source:
        return file.ours or any(_is_apps(each, file) for each in mounts)
    return _is_apps(mount, file) and file.path(interpolation.assumed(mount.source) or ".") in (".", context)


def _there(service: Service, folder: str, line: int) -> str:
    """A folder of the app, if it is there."""
    place = service.found.place
    if folder in ("", ".") or place.is_folder(posixpath.join(place.root, folder)):
        return folder
    service.lose(line, f"there is no folder {folder} here: it runs in the app's folder")
    return ""


def _files(service: Service, file: File) -> Keys:
    """Files with variables; .env is read for all."""
    found, kept = service.found, []
    for node in service.items("env_file"):
        below = Service(found, f"{service.where}: env_file", None, node.line)
        required = True
        if isinstance(node, Mapping):
            below = Service(found, below.where, node, node.line)
            path, required = below.text("path"), below.text("required") != "false"
            below.finish()
        else:
            path = below.assume("path", node).text if isinstance(node, Scalar) else ""
        seen = file.path(path) if path else ""
        if seen and found.place.is_file(posixpath.join(found.place.root, seen)):
            kept += [seen] if seen != ".env" else []
        elif seen != ".env" and required:
            below.lose(node.line, f"there is no file {seen} here: 'env_file: {seen}' reads it")
    return {"env_file": kept} if kept else {}


def _user(service: Service) -> Keys:
    said = service.scalar("user")
    if said is None:
        return {}
    user, _, group = said.text.partition(":")
    if not service.found.place.is_user(user):
        service.lose(said.line, f"user: {said.text}: nobody here can be that, or procman is not root")
        return {}
    return {"user": user, **({"group": group} if group else {})}
