"""Pods of Kubernetes: a container for a command, with what surrounds it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from procman.core.exitcodes import signal_name
from procman.export.containers import container as containers
from procman.export.containers import times
from procman.export.containers.yamldump import Row
from procman.export.kubernetes import probes
from procman.export.kubernetes.probes import dollars

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from procman.core.plan.policies import Policies
    from procman.export.kubernetes.names import Names
    from procman.export.plan import ExportPlan, TypePlan

TERM = 15
RESTRICTED = Row(
    runAsNonRoot=True,
    allowPrivilegeEscalation=False,
    capabilities=Row(drop=["ALL"]),
    seccompProfile=Row(type="RuntimeDefault"),
)
"""What a namespace may ask for (Pod Security Standards, Restricted). Nobody is root who has not said so."""
MEBI = 1 << 20
LATEST = "latest"


class App(NamedTuple):
    """What all pods of an app have to do with."""

    plan: ExportPlan
    names: Names

    @property
    def image(self) -> str:
        """As which the image is looked for."""
        return f"{self.names.app}:{LATEST}"

    @property
    def secrets(self) -> list[str]:
        """The names of those with variables: of the files that are not written into it, and its own."""
        named = self.plan.env_files and not self.plan.embed_environment
        return [f"{self.names.app}-env"] * bool(named) + [self.names.app]


def of_type(app: App, type_: TypePlan) -> dict[str, Any]:
    """The pod of a process type."""
    process = containers.first(app.plan, type_)
    command = containers.command(process, app.plan.root)
    container = of_command(app, app.names.types[type_.name], command, type_.policies)
    container["env"] = variables(process.environment)
    if ports := containers.served(app.plan, type_):
        container["ports"] = [Row(containerPort=port) for port in ports]
    container |= probes.of(process, app.plan.root) | limits(type_.policies)
    return around(app, container, type_.policies)


def of_command(app: App, part: str, command: str, policies: Policies | None = None) -> dict[str, Any]:
    """The container of a command for the shell."""
    nofile = policies.nofile if policies else None
    script = f"ulimit -n {nofile} || exit; {command}" if nofile else command
    found = _container(app, part, [*containers.SHELL, dollars(script)])
    if policies and policies.account and not policies.account.uid:
        del found["securityContext"]
    return found


def of_words(app: App, part: str, words: Iterable[str]) -> dict[str, Any]:
    """The container of a program."""
    return _container(app, part, list(map(dollars, words)))


def _container(app: App, part: str, command: list[str]) -> dict[str, Any]:
    sources = [Row(secretRef=Row(name=secret)) for secret in app.secrets]
    found = {"name": part, "image": app.image, "command": command, "envFrom": sources}
    return {**found, "securityContext": RESTRICTED}


def variables(values: Mapping[str, str]) -> list[Row]:
    """Variables that only one container has."""
    return [Row(name=name, value=dollars(value)) for name, value in values.items()]


def around(app: App, container: Mapping[str, Any], policies: Policies | None = None) -> dict[str, Any]:
    """The pod around a container.

    Its command is not process 1, or signals that it does not handle would do nothing: pid_namespaces(7).
    Variables for Services are left out: one for `redis` would be called REDIS_PORT, and is no port.
    """
    timeout = app.plan.timeout if policies is None else app.plan.timeout_of(policies)
    patience = times.whole(timeout)  # with 0 the cluster would forget the pod while it runs
    pod: dict[str, Any] = {"terminationGracePeriodSeconds": patience, "enableServiceLinks": False}
    if "lifecycle" not in container:
        pod["shareProcessNamespace"] = True
    if policies and (account := policies.account):
        pod["securityContext"] = Row(runAsUser=account.uid, runAsGroup=account.gid)
    return {**pod, "containers": [container]}


def limits(policies: Policies) -> dict[str, Any]:
    """What a container says of its process: what it may use, how it stops, and its terminal."""
    found: dict[str, Any] = {}
    if memory := policies.max_memory:
        shown = str(memory) if memory % MEBI else f"{memory // MEBI}Mi"
        found["resources"] = {"limits": Row(memory=shown)}
    if policies.stop_signal not in (None, TERM):
        found["lifecycle"] = {"preStop": {"exec": {"command": [*containers.SHELL, _stop(policies)]}}}
    if policies.stdin_null:
        found["stdin"] = False
    if policies.pty:
        found["tty"] = policies.pty == "always"
    return found


def _stop(policies: Policies) -> str:
    """Asks process 1 to end, and waits: TERM would follow at once (Container Lifecycle Hooks)."""
    name = signal_name(policies.stop_signal or TERM)
    signal = name.removeprefix("SIG") if name.startswith("SIG") else policies.stop_signal
    return f"kill -{signal} 1; while kill -0 1; do sleep 1; done"
