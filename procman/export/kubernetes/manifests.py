"""Manifests of Kubernetes: a Deployment for each process type, CronJobs for tasks, all in one file.

Nothing in a Procfile names a folder to keep, so no process type is a StatefulSet: only the scheduler has a
volume, and there is one of it, unless the store is on a server. What is different there is told in
`lacking.py`.
"""

from __future__ import annotations

import os
import re
import shlex
from typing import TYPE_CHECKING

from procman.errors import Problem, UserError
from procman.export.containers import container, yamldump
from procman.export.kubernetes import lacking, workloads
from procman.export.kubernetes import names as k8snames
from procman.export.kubernetes import tasks as k8stasks
from procman.export.kubernetes.pods import App
from procman.export.plan import PRIVATE, Export, File

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from procman.export.kubernetes.cronjobs import Timetable
    from procman.export.kubernetes.workloads import Document
    from procman.export.plan import ExportPlan, Render

FILTERS: Mapping[str, Callable[..., str]] = {"yaml": yamldump.indented}
VARIABLE = re.compile(r"(?!\.\.?$|\.\.)[A-Za-z._-][A-Za-z0-9._-]{0,252}", re.ASCII)
"""Names that all versions take, for variables and as keys of a Secret."""
LARGEST = 256 << 10
"""Bytes: `kubectl apply` keeps a copy of each object in an annotation, which may not be longer."""
RELEASE = "release"


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
    documents = [*_documents(app, native, left)]
    _check_sizes(documents)
    text = render("app.yaml.j2", documents=documents, image=app.image)
    about = (*(each.name for each in plan.types), RELEASE, *(task.name for task in plan.tasks))
    return Export(
        files=(File(path, text, mode=PRIVATE, about=about),),
        notes=tuple(lacking.notes(app, native, left)),
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
    if problems:
        raise UserError(problems)


def _check_sizes(documents: Iterable[Document]) -> None:
    problems = [
        Problem("kubernetes", None, f"{_called(each)} has more in it than the 256 KiB that kubectl applies")
        for each in documents
        if len(str(each).encode()) > LARGEST  # as long as JSON, and a blank or so more
    ]
    if problems:
        raise UserError(problems)


def _called(document: Document) -> str:
    return f"the {document['kind']} {document['metadata']['name']}"


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


def _then(app: App, path: str) -> Iterator[str]:
    plan, name = app.plan, app.names.app
    file = shlex.quote(os.path.join(plan.folder or "", path))
    yield shlex.join(["docker", "build", "--tag", app.image, plan.root])
    if plan.env_files and not plan.embed_environment:
        files = " ".join(f"--from-env-file={shlex.quote(each)}" for each in plan.env_files)
        made = f"kubectl create secret generic {name}-env {files} --dry-run=client --output=yaml"
        yield f"{made} | kubectl apply --filename -"
    if plan.release or any(each.policies.oneshot for each in plan.types):
        yield f"kubectl delete job --ignore-not-found --selector app.kubernetes.io/name={name}"
    if plan.release:
        part = app.names.types[RELEASE]
        before = f"app.kubernetes.io/component in ({app.names.environment},{part})"
        yield f"kubectl apply --filename {file} --selector '{before}'"
        yield f"kubectl wait --for=condition=complete --timeout=10m job/{app.names.object(part)}"
    yield f"kubectl apply --filename {file}"
