"""Pods of Kubernetes: each container is a process. Kubernetes API reference, PodSpec and Container."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.importing.kubernetes import containers as kubernetescontainers
from procman.importing.kubernetes.containers import CONTAINER, MACHINE, MOUNTED
from procman.importing.reading import parts

if TYPE_CHECKING:
    from procman.importing.found import Found, Keys
    from procman.importing.kubernetes.containers import Manifests
    from procman.importing.reading.parts import Part

PERIOD = "30s"
"""Between the stop signal and SIGKILL, when nobody says so."""
GIVES_UP = (
    "restartPolicy: procman gives up after 10 failures in a row, Kubernetes never:"
    " 'backoff: {give_up_after: never}' does as Kubernetes"
)
NETWORK = "all processes are on this machine, and reach each other at 127.0.0.1"
OF_POD = {
    **dict.fromkeys("affinity nodeSelector nodeName tolerations topologySpreadConstraints".split(), MACHINE),
    **dict.fromkeys("priority priorityClassName preemptionPolicy schedulerName overhead".split(), MACHINE),
    **dict.fromkeys("dnsConfig dnsPolicy hostAliases hostname subdomain setHostnameAsFQDN".split(), NETWORK),
    **dict.fromkeys("hostIPC hostPID hostUsers os runtimeClassName".split(), CONTAINER),
    "ephemeralContainers": CONTAINER,
    "initContainers": "make it a process with 'oneshot: true', and let the others have it in 'depends_on'",
    "volumes": MOUNTED,
    "activeDeadlineSeconds": "nothing ends the process for its age: see 'max_runtime', which restarts it",
    "readinessGates": "'ready' is what counts",
    "resourceClaims": MACHINE,
}
POD_SILENT = (
    *("serviceAccountName", "serviceAccount", "automountServiceAccountToken", "enableServiceLinks"),
    *("imagePullSecrets", "hostNetwork", "restartPolicy", "shareProcessNamespace"),
)
OF_WORKLOAD = {
    "strategy": "'procman restart' replaces processes one after the other",
    "updateStrategy": "'procman restart' replaces processes one after the other",
    "minReadySeconds": "'ready' is what counts",
    "volumeClaimTemplates": MOUNTED,
    "paused": "it is started with the others",
}
WORKLOAD_SILENT = (
    *("selector", "revisionHistoryLimit", "progressDeadlineSeconds", "serviceName", "ordinals"),
    *("podManagementPolicy", "persistentVolumeClaimRetentionPolicy"),
)


def service(part: Part) -> None:
    """A Service: nothing is in front of a process here, which is told where ports differ."""
    for port in part.part("spec").parts("ports"):
        outer, inner = port.text("port"), port.text("targetPort")
        if outer and inner and outer != inner and inner.isdecimal():
            part.lose(port.line, f"port {outer}: nothing stands in front of the process: it is at {inner}")


def workload(kind: str, name: str, part: Part, manifests: Manifests, found: Found) -> None:
    """A Deployment and the like, or a Pod."""
    spec = part.part("spec")
    keys: Keys = {}
    pod = spec
    if kind != "Pod":
        keys = _number(spec, manifests)
        pod = spec.part("template").part("spec")
        spec.finish(OF_WORKLOAD, WORKLOAD_SILENT)
    policy = text_of(pod, "restartPolicy") or "Always"
    keys["restart"] = {"Never": "never", "OnFailure": "on-failure"}.get(policy, "always")
    pod.where = part.where
    containers(name, pod, keys, manifests, found)


def text_of(part: Part, key: str) -> str:
    """What a key says, which stays to be read."""
    return getattr(part.entries[key].value, "text", "") if key in part.entries else ""


def _number(spec: Part, manifests: Manifests) -> Keys:
    found = spec.scalar("replicas")
    if found is None or found.text == "1":
        return {}
    if found.text == "0":
        if not manifests.ours:
            spec.lose(found.line, "replicas: of 0 there is one here that does not start with the others")
        return {"autostart": False}
    return {"instances": parts.number(found.text)}


def containers(name: str, pod: Part, keys: Keys, manifests: Manifests, found: Found) -> None:
    """The processes of a pod."""
    common = keys | of_pod(pod, manifests)
    listed = pod.parts("containers")
    several = len(listed) > 1
    for each in listed:
        own = each.text("name")
        each.where = f"{pod.where}: {own}" if several else pod.where
        line, extra = kubernetescontainers.process(each, manifests, found, len(found.processes))
        if line:
            called = f"{name}-{own}" if several and own != name else name
            found.process(called, line, {**extra, **common, **kubernetescontainers.of_end(each)}, each.line)
            each.finish(kubernetescontainers.LACKS, kubernetescontainers.SILENT)
    pod.finish(OF_POD, POD_SILENT)


def of_pod(pod: Part, manifests: Manifests) -> Keys:
    """What is said for all containers of a pod."""
    keys: Keys = {}
    if period := pod.text("terminationGracePeriodSeconds"):
        keys["timeout"] = f"{period}s"
    return keys | kubernetescontainers.account(pod, manifests)


def tell_once(found: Found, kinds: list[tuple[str, Part]], manifests: Manifests) -> None:
    """What is not as with Kubernetes when nothing is said."""
    if manifests.ours:
        return
    line = next(
        (part.line for kind, part in kinds if kind in ("Deployment", "StatefulSet", "DaemonSet")), None
    )
    if line is not None:
        found.lose(line, GIVES_UP)
    if any("timeout" not in keys for keys in found.processes.values()):
        found.start.setdefault("timeout", PERIOD)
