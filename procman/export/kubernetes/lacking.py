"""What Kubernetes does in another way than procman, or cannot do."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from procman.core.plan.policies import Restart
from procman.core.plan.procfile import RELEASE
from procman.export import lacks
from procman.export.containers import container, times
from procman.export.kubernetes import names as k8snames
from procman.export.kubernetes import pods, probes
from procman.export.kubernetes import tasks as k8stasks
from procman.export.plan import Note

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

    from procman.core.plan.policies import Policies
    from procman.export.kubernetes.pods import App
    from procman.export.plan import TypePlan

LACKS = {
    "give_up": "the others stay",
    "signal_to": "the stop signal goes to the main process, then SIGKILL to all",
    "max_runtime": "nothing is restarted for its age",
    "max_memory": "is a limit there: the kernel kills what goes beyond it",
    "watch": "nothing is restarted when a file changes",
    "listen": "nobody listens for it, and it listens on PORT itself",
    "nice": "it has the usual priority",
}
BACKOFF = "it is started again after 10 s, doubled each time up to 5 min, for ever"
OF_DEPLOYMENT = {
    **{f"backoff: {key}": BACKOFF for key in ("initial", "max", "reset_after", "give_up_after")},
    "depends_on": "all start at once, and what fails for want of another is started again",
}
TRIED = "it is tried again after 10 s, doubled each time up to 6 min"
OF_JOB = {
    **{f"backoff: {key}": TRIED for key in ("initial", "max", "reset_after")},
    "depends_on": "all start at once, and what fails for want of another has failed",
}
OF_JOB_AGAIN = OF_JOB | {"depends_on": "all start at once, and what fails for want of another is tried again"}
ALWAYS = {"restart": "it is started again whenever it ends"}
TOGETHER = "is so there, but the failures of all of them count together"
NO_PROCMAN = "is not heard there: no procman runs there. With --scheduler one runs the tasks, and hears it"
HEARD_ELSEWHERE = "is heard where a procman has the same store: none runs there. With --scheduler one does"
STOP = "is sent to process 1 before it is stopped: one that does not handle it is killed after the timeout"


def notes(app: App, native: Container[str], left: Sequence[str]) -> Iterator[Note]:
    """All notes of an app: `native` tasks are CronJobs, those that are `left` have the scheduler."""
    plan, names = app.plan, app.names
    yield from container.loopback(plan, {name: names.object(part) for name, part in names.types.items()})
    yield from container.of_machine(plan, "kubectl logs")
    yield from times.note("", "-T", plan.timeout, times.whole(plan.timeout))
    yield from k8snames.notes(names, plan.app)
    if not plan.embed_environment:
        for file in plan.env_files:
            text = "is read by kubectl, which leaves quotes and ${NAME} as they are"
            yield Note("", os.path.basename(file), text)
    for type_ in plan.types:
        yield from _of_type(app, type_)
    if plan.release:
        yield from _of_surroundings(app, RELEASE, plan.release.policies)
    yield from _of_tasks(app, native, left)


def _of_type(app: App, type_: TypePlan) -> Iterator[Note]:
    name, policies = type_.name, type_.policies
    yield from container.alike(type_)
    yield from probes.notes(name, policies)
    yield from _of_job(type_) if policies.oneshot else _of_deployment(app, type_)
    yield from _of_surroundings(app, name, policies)


def _of_job(type_: TypePlan) -> Iterator[Note]:
    again = type_.policies.restart is Restart.ON_FAILURE
    yield from lacks.of_type(type_.name, type_.policies, OF_JOB_AGAIN if again else OF_JOB)
    if again and len(type_.processes) > 1:
        yield Note(type_.name, "restart: on-failure", TOGETHER)
    if not type_.policies.autostart:
        yield Note(type_.name, "autostart: false", "is a Job there that is suspended")


def _of_deployment(app: App, type_: TypePlan) -> Iterator[Note]:
    """A Deployment has no other way to restart than always (PodTemplateSpec)."""
    policies = type_.policies
    more = ALWAYS if policies.restart is not Restart.ALWAYS else {}
    yield from lacks.of_type(type_.name, policies, OF_DEPLOYMENT | more)
    if not policies.autostart:
        called = app.names.object(app.names.types[type_.name])
        start = f"kubectl scale --replicas={len(type_.processes) or 1} deployment/{called}"
        yield Note(type_.name, "autostart: false", f"is a Deployment of 0 there: '{start}' starts it")


def _of_surroundings(app: App, name: str, policies: Policies) -> Iterator[Note]:
    yield from lacks.of_type(name, policies, LACKS)
    yield from container.account(name, policies)
    yield from container.outside(name, policies, app.plan.root)
    if policies.stop_signal not in (None, pods.TERM):
        yield from lacks.of_type(name, policies, {"stop_signal": STOP})
    if policies.timeout is not None:
        yield from times.note(name, "timeout", policies.timeout, times.whole(policies.timeout))


def _of_tasks(app: App, native: Container[str], left: Sequence[str]) -> Iterator[Note]:
    tasks = app.plan.tasks
    if tasks and not (left and app.plan.on_server):
        nobody = HEARD_ELSEWHERE if app.plan.on_server else NO_PROCMAN
        yield Note("", "enqueue", _heard(app) if left else nobody)
    if len(left) < len(tasks):
        text = "is not set there, nor are PROCMAN_ATTEMPT and PROCMAN_SCHEDULED_AT"
        yield Note("", "PROCMAN_RUN_ID", text)
    yield from k8stasks.notes([task for task in tasks if task.name in native])


def _heard(app: App) -> str:
    """Its file is on a volume of one node, and cannot be shared over a network (SQLite FAQ, 5)."""
    name = app.names.object(app.names.scheduler)
    asked = f"kubectl exec deploy/{name} -- procman run task NAME --detach"
    return (
        f"is heard from the pod of {name} alone, as in '{asked}',"
        " and from pods of the same node that mount its volume and have its PROCMAN_STATE"
    )
