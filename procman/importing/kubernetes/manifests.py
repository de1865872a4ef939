"""Manifests of Kubernetes: a container is a process, a CronJob a task, a Secret becomes lines of .env.

Kubernetes API reference (kubernetes.io). An image without a command in the manifest is run by docker.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.errors import Problem, UserError
from procman.importing.kubernetes import jobs, pods, values
from procman.importing.kubernetes.containers import Manifests
from procman.importing.reading import ours, parts

if TYPE_CHECKING:
    from procman.importing.found import Found
    from procman.importing.kubernetes.values import Sources
    from procman.importing.reading.parts import Part

NONE = "nothing in it has a 'kind:' of Kubernetes: this is no manifest"
HELM = "'{{' stands in it: is it a template? 'helm template' makes manifests of those"
WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Pod")
LISTS = ("List", "DeploymentList", "ServiceList", "CronJobList", "ConfigMapList", "SecretList")
SILENT = (
    *("Namespace", "ServiceAccount", "PersistentVolumeClaim", "PersistentVolume", "StorageClass", "Role"),
    *("RoleBinding", "ClusterRole", "ClusterRoleBinding", "PodDisruptionBudget", "PriorityClass"),
)
"""What has no meaning for processes on a machine."""
LACKS = {
    "Ingress": "nothing stands in front of the processes: let a proxy, nginx say, ask their ports",
    "HorizontalPodAutoscaler": "the number of processes is fixed: 'instances'",
    "NetworkPolicy": "all processes are on this machine, and reach each other at 127.0.0.1",
}
UNKNOWN = "procman has nothing like it: nothing is made of it"


def read(data: bytes, source: str, found: Found) -> None:
    """Add what the manifests say. Raises `UserError` when there are none."""
    is_json = data.lstrip()[:1] == b"{"  # its blanks may be tabs, which YAML does not have
    documents = parts.documents(data.replace(b"\t", b" ") if is_json else data, source, found)
    objects = [each for document in documents for each in _listed(document)]
    if not any(each.has("kind") for each in objects):
        raise UserError([Problem(source, None, HELM if b"{{" in data else NONE)])
    kinds = [(each.text("kind"), each) for each in objects]
    for kind, each in kinds:
        each.where = f"{kind} {_named(each, 'name')}".strip()
    manifests = Manifests(_sources(kinds), ours.is_export(data, "kubernetes"))
    for kind, each in kinds:
        _object(kind, each, manifests, found)
    values.tell_of_others(found, manifests.sources)
    pods.tell_once(found, kinds, manifests)


def _listed(part: Part) -> list[Part]:
    kind = part.entries.get("kind")
    if kind and getattr(kind.value, "text", "") in LISTS:
        return [inner for each in part.parts("items") for inner in _listed(each)]
    return [part] if part.entries else []


def _name(part: Part) -> str:
    """The name of an object, without that of its app in front of it (Recommended Labels)."""
    app = _named(part, "labels", "app.kubernetes.io/name")
    return _named(part, "name").removeprefix(f"{app}-" if app else "")


def _named(part: Part, *keys: str) -> str:
    """What stands below `metadata`, empty when nothing does."""
    entry = part.entries.get("metadata")
    for key in keys:
        entry = getattr(entry.value, "entries", {}).get(key) if entry else None
    return getattr(entry.value, "text", "") if entry else ""


def _sources(kinds: list[tuple[str, Part]]) -> Sources:
    found: Sources = {}
    for kind, part in kinds:
        if kind in (values.CONFIG, values.SECRET):
            name = _named(part, "name")
            for key in ("metadata", "apiVersion"):
                part.take(key)
            found[kind, name] = values.Source(values.data(part, kind), part.line, set())
    return found


def _object(kind: str, part: Part, manifests: Manifests, found: Found) -> None:
    name = _name(part)
    if kind in WORKLOADS:
        pods.workload(kind, name, part, manifests, found)
    elif kind == "Job":
        jobs.job(name, part, manifests, found)
    elif kind == "CronJob":
        description = _named(part, "annotations", "kubernetes.io/description")
        jobs.cron_job(name, part, manifests, found, description)
    elif kind == "Service":
        pods.service(part)
    elif kind not in (*SILENT, values.CONFIG, values.SECRET):
        part.lose(part.line, LACKS.get(kind, UNKNOWN))
