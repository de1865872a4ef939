"""Objects of Kubernetes for process types: Deployments, Services and Jobs; the Secret and the scheduler."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from procman.core.plan.policies import Restart
from procman.export.containers import container as containers
from procman.export.containers import times
from procman.export.containers.yamldump import Row
from procman.export.kubernetes import pods

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from procman.core.plan.plan import ProcessPlan
    from procman.core.plan.policies import Policies
    from procman.export.kubernetes.pods import App
    from procman.export.plan import TypePlan

Document = dict[str, Any]
AT_THE_END = 5
"""Seconds for procman itself, when its runs have had theirs."""
VOLUME = "state"


def secret(app: App) -> Document:
    """The variables of all. Nothing in its values is replaced."""
    metadata = {"name": app.names.app, "labels": app.names.labels(app.names.environment)}
    values = dict(app.plan.environment)
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": values}


def of_type(app: App, type_: TypePlan) -> Iterator[Document]:
    """A Deployment, or a Job for what is to end; and a Service for its ports."""
    part, pod = app.names.types[type_.name], pods.of_type(app, type_)
    count = len(type_.processes)
    if type_.policies.oneshot:
        more = {"completions": count, "parallelism": count} if count > 1 else {}
        suspended = {} if count and type_.policies.autostart else {"suspend": True}
        yield _job(app, part, pod, more | suspended | _attempts(type_.policies))
    else:
        yield _deployment(app, part, pod, count if type_.policies.autostart else 0)
    if ports := containers.served(app.plan, type_):
        yield _service(app, part, ports)


def _head(app: App, api: str, kind: str, part: str) -> Document:
    metadata = {"name": app.names.object(part), "labels": app.names.labels(part)}
    return {"apiVersion": api, "kind": kind, "metadata": metadata}


def _template(app: App, part: str, pod: Mapping[str, Any]) -> dict[str, Any]:
    return {"metadata": {"labels": app.names.labels(part)}, "spec": pod}


def _deployment(app: App, part: str, pod: Mapping[str, Any], replicas: int, **more: Any) -> Document:
    spec = {
        "replicas": replicas,
        **more,
        "selector": {"matchLabels": app.names.labels(part)},
        "template": _template(app, part, pod),
    }
    return _head(app, "apps/v1", "Deployment", part) | {"spec": spec}


def _job(app: App, part: str, pod: Mapping[str, Any], more: Mapping[str, Any]) -> Document:
    template = _template(app, part, {"restartPolicy": "Never", **pod})
    return _head(app, "batch/v1", "Job", part) | {"spec": {**more, "template": template}}


def _attempts(policies: Policies) -> dict[str, int]:
    """`backoffLimit` counts what follows the first failure."""
    if policies.restart is not Restart.ON_FAILURE:
        return {"backoffLimit": 0}
    limit = policies.backoff.give_up_after
    return {"backoffLimit": times.MOST if limit is None else limit - 1}


def _service(app: App, part: str, ports: Sequence[int]) -> Document:
    named = [Row(name=f"port-{port}", port=port) for port in ports]
    spec = {"selector": app.names.labels(part), "ports": named}
    return _head(app, "v1", "Service", part) | {"spec": spec}


def release(app: App, process: ProcessPlan) -> Document:
    """The Job of the release command."""
    part = app.names.types[process.type]
    command = containers.command(process, app.plan.root)
    container = pods.of_command(app, part, command, process.policies)
    container |= {"env": pods.variables(process.environment)} | pods.limits(process.policies)
    return _job(app, part, pods.around(app, container, process.policies), {"backoffLimit": 0})


def scheduler(app: App, tasks: Sequence[str]) -> Iterator[Document]:
    """What runs the tasks that are no CronJobs.

    There is never more than one of it, with a volume for the store, unless that is on a server: then nothing
    of the folder has to last.
    """
    part = app.names.scheduler
    container = pods.of_words(app, part, containers.scheduler(app.plan, tasks))
    container["env"] = pods.variables({"PROCMAN_STATE": containers.STATE})
    container["volumeMounts"] = [Row(name=VOLUME, mountPath=containers.VOLUME)]
    shared = app.plan.on_server
    claim = Row(claimName=app.names.object(part))
    kept = {"emptyDir": Row()} if shared else {"persistentVolumeClaim": claim}
    pod = {
        "terminationGracePeriodSeconds": times.whole(app.plan.timeout) + AT_THE_END,
        "enableServiceLinks": False,
        "securityContext": Row(fsGroup=1000),  # any number: the volume is open to the image's user by it
        "containers": [container],
        "volumes": [Row(name=VOLUME, **kept)],
    }
    yield _deployment(app, part, pod, 1, strategy=Row(type="RollingUpdate" if shared else "Recreate"))
    if shared:
        return
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": Row(storage="1Gi")}}
    yield _head(app, "v1", "PersistentVolumeClaim", part) | {"spec": spec}
