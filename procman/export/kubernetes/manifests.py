"""Manifests of Kubernetes: a Deployment for each process type, CronJobs for tasks, all in one file.

Nothing in a Procfile names a folder to keep, so no process type is a StatefulSet: only the scheduler has a
volume, and there is one of it.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from procman.core.plan.policies import Restart
from procman.errors import Problem, UserError
from procman.export import lacks
from procman.export.containers import container, yamldump
from procman.export.kubernetes import names as k8snames
from procman.export.kubernetes import probes, workloads
from procman.export.kubernetes import tasks as k8stasks
from procman.export.kubernetes.pods import App
from procman.export.plan import PRIVATE, Export, File, Note

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from procman.core.plan.policies import Policies
    from procman.export.kubernetes.cronjobs import Timetable
    from procman.export.kubernetes.workloads import Document
    from procman.export.plan import ExportPlan, Render, TypePlan

FILTERS: Mapping[str, Callable[..., str]] = {"yaml": yamldump.indented}
VARIABLE = re.compile(r"(?!\.\.?$|\.\.)[A-Za-z._-][A-Za-z0-9._-]{0,252}", re.ASCII)
"""Names that all versions take, for variables and as keys of a Secret."""
LARGEST_SECRET = 1 << 20
RELEASE = "release"
BACKOFF = "it is started again after 10 s, doubled each time up to 5 min, for ever"
LACKS = {
    **{f"backoff: {key}": BACKOFF for key in ("initial", "max", "reset_after", "give_up_after")},
    "give_up": "the others stay",
    "depends_on": "all start at once, and what fails for want of another is started again",
    "signal_to": "the stop signal goes to the main process, then SIGKILL to all",
    "max_runtime": "nothing is restarted for its age",
    "max_memory": "is a limit there: the kernel kills what goes beyond it",
    "watch": "nothing is restarted when a file changes",
    "listen": "nobody listens for it, and it listens on PORT itself",
    "nice": "it has the usual priority",
}


def export(plan: ExportPlan, render: Render) -> Export:
    """APP.yaml. Raises `UserError` for what it cannot hold."""
    container.check(plan, "kubernetes")
    _check(plan)
    app = App(plan, _names(plan))
    native = {
        task.name: when
        for task in plan.tasks
        if not plan.all_to_scheduler and (when := k8stasks.timetable(task))
    }
    left = [task.name for task in plan.tasks if task.name not in native]
    path = f"{plan.app}.yaml"
    text = render("app.yaml.j2", documents=[*_documents(app, native, left)], image=app.image)
    about = (*(each.name for each in plan.types), RELEASE, *(task.name for task in plan.tasks))
    return Export(
        files=(File(path, text, mode=PRIVATE, about=about),),
        notes=tuple(_notes(app, native)),
        scheduled=tuple(left),
        then=tuple(_then(app, path)),
    )


def _names(plan: ExportPlan) -> k8snames.Names:
    types = [each.name for each in plan.types] + [RELEASE] * bool(plan.release)
    return k8snames.of(plan.app, types, [task.name for task in plan.tasks])


def _check(plan: ExportPlan) -> None:
    bad = [name for name in container.variables(plan) if not VARIABLE.fullmatch(name)]
    problems = [
        Problem("kubernetes", None, f"no variable can be called '{name}' there: use letters, digits and '_'")
        for name in bad
    ]
    if sum(len(value.encode()) for value in plan.environment.values()) > LARGEST_SECRET:
        problems.append(Problem("kubernetes", None, "the variables are more than the 1 MiB of a Secret"))
    if problems:
        raise UserError(problems)


def _documents(app: App, native: Mapping[str, Timetable], left: list[str]) -> Iterator[Document]:
    yield workloads.secret(app)
    for type_ in app.plan.types:
        yield from workloads.of_type(app, type_)
    if app.plan.release:
        yield workloads.release(app, app.plan.release)
    for task in app.plan.tasks:
        if task.name in native:
            yield k8stasks.cronjob(app, task, native[task.name])
    if left:
        yield from workloads.scheduler(app, left)


def _notes(app: App, native: Mapping[str, Timetable]) -> Iterator[Note]:
    plan, names = app.plan, app.names
    yield from container.loopback(plan, {name: names.object(part) for name, part in names.types.items()})
    yield from container.of_machine(plan, "kubectl logs")
    yield from k8snames.notes(names, plan.app)
    if not plan.embed_environment:
        for file in plan.env_files:
            text = "is read by kubectl, which leaves quotes and ${NAME} as they are"
            yield Note("", os.path.basename(file), text)
    for type_ in plan.types:
        yield from _of_type(type_)
    if plan.release:
        yield from lacks.of_type(RELEASE, plan.release.policies, LACKS)
    yield from _of_tasks(app, native)


def _of_type(type_: TypePlan) -> Iterator[Note]:
    name, policies = type_.name, type_.policies
    yield from container.alike(type_)
    yield from container.account(type_)
    yield from probes.notes(name, policies)
    yield from lacks.of_type(name, policies, LACKS | _restarts(policies))
    if (time := policies.timeout) is not None and time % 1:
        yield Note(name, f"timeout: {time:g}s", "is rounded up to whole seconds there")


def _restarts(policies: Policies) -> dict[str, str]:
    """A Deployment has no other way than always (PodTemplateSpec)."""
    if policies.oneshot or policies.restart is Restart.ALWAYS:
        return {}
    return {"restart": "it is started again whenever it ends"}


def _of_tasks(app: App, native: Mapping[str, Timetable]) -> Iterator[Note]:
    if app.plan.tasks:
        text = "is not heard there: what is asked for in a pod stays in that pod"
        yield Note("", "enqueue", text)
    if native:
        text = "is not set there, nor are PROCMAN_ATTEMPT and PROCMAN_SCHEDULED_AT"
        yield Note("", "PROCMAN_RUN_ID", text)
    yield from k8stasks.notes(app, [task for task in app.plan.tasks if task.name in native])


def _then(app: App, path: str) -> Iterator[str]:
    plan, name = app.plan, app.names.app
    yield f"docker build --tag {app.image} {plan.root if plan.folder else '.'}"
    if plan.env_files and not plan.embed_environment:
        files = " ".join(f"--from-env-file={file}" for file in plan.env_files)
        yield f"kubectl create secret generic {name}-env {files}"
    if plan.release or any(each.policies.oneshot for each in plan.types):
        yield f"kubectl delete job --ignore-not-found --selector app.kubernetes.io/name={name}"
    if plan.release:
        part = app.names.types[RELEASE]
        before = f"app.kubernetes.io/component in ({app.names.environment},{part})"
        yield f"kubectl apply --filename {path} --selector '{before}'"
        yield f"kubectl wait --for=condition=complete --timeout=10m job/{app.names.object(part)}"
    yield f"kubectl apply --filename {path}"
