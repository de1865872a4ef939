"""A Dockerfile in which `procman start` is the first process, and what is not to go into its image.

It is the one of docs/production.md, for this app. There procman reads the app's files itself, so all that
procman.yml says holds as it does here. Values of variables are in neither file.
"""

from __future__ import annotations

import os
import re
import shlex
from typing import TYPE_CHECKING

from procman.errors import Problem, UserError
from procman.export import lacks, seconds, shell
from procman.export.containers import container
from procman.export.plan import Export, File, Note

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from procman.export.plan import ExportPlan, Render

FOLDER = "/app"
USER = re.compile(r"[a-z_][a-z0-9_-]{0,31}", re.ASCII)
"""What useradd(8) takes."""
STOP = 10.0
"""Seconds that `docker stop` waits before SIGKILL."""
SPARE = 2.0
"""How much sooner procman must be done."""
NOT_COPIED = ("/.env", "/.git", "/.procman", "/.venv")
OF_DIALECT = re.compile(r"[\\*?\[\]]")
"""Signs of patterns (filepath.Match of Go)."""
ESCAPED = re.compile(r'["\\\x00-\x1f\x7f]')
NO_TEXT = re.compile("[\ud800-\udfff]")
ENV = (
    "is not copied into the image, where everybody could read it: 'docker run -e NAME=VALUE' sets a variable"
)
NO_ROOT = "is not possible there: procman is not root, and runs all as its own user. Take it out"
NOT_THERE = "is outside of the app's folder, which is all that goes into the image"


def words(values: Iterable[str]) -> str:
    """Words in the exec form, which is JSON: no shell sees them, and nothing is expanded in them."""
    return f"[{', '.join(map(_string, values))}]"


def _string(text: str) -> str:
    """A string of JSON (RFC 8259, 7). Raises `UserError` for bytes that are not UTF-8."""
    if NO_TEXT.search(text):
        wrong = "has bytes that are not UTF-8, which a Dockerfile cannot hold"
        raise UserError([Problem("dockerfile", None, f"the path {text!a} {wrong}")])
    return '"' + ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", text) + '"'


def pattern(path: str) -> str:
    """A file as .dockerignore names it. A blank could be cut off at an end, and `?` is any character."""
    return re.sub(r"\s", "?", OF_DIALECT.sub(r"\\\g<0>", path))


FILTERS = {"words": words, "pattern": pattern, "shell": shell.words}


def export(plan: ExportPlan, render: Render) -> Export:
    """The Dockerfile, and what is not copied: BuildKit finds that list by its name. Raises `UserError`."""
    secrets = [*dict.fromkeys([".env", *_env_files(plan)])]
    ignored = dict.fromkeys([*NOT_COPIED, *(f"/{path}" for path in secrets)])
    text = render(
        "Dockerfile.j2",
        folder=FOLDER,
        secrets=secrets,
        user=plan.user if plan.user and USER.fullmatch(plan.user) else "app",
        ports=[port for each in plan.types for port in container.served(plan, each)],
        command=["procman", "start", "--no-timestamp", *_typed(plan), "-t", seconds.text(plan.timeout)],
        patient=_longest(plan) > STOP - SPARE,
        stop=_stop(plan),
    )
    return Export(
        (
            File("Dockerfile", text),
            File("Dockerfile.dockerignore", render("Dockerfile.dockerignore.j2", paths=[*ignored])),
        ),
        lacks.unique(_notes(plan)),
        then=_then(plan),
    )


def _env_files(plan: ExportPlan) -> Iterator[str]:
    for path in plan.env_files:
        inside = _inside(plan, path)
        if inside and "\n" in inside:
            raise UserError([Problem(path, None, "has a line end in its name: give it another one")])
        if inside:
            yield inside


def _inside(plan: ExportPlan, path: str) -> str | None:
    """A path as it is called from the app's folder; None for one that is outside."""
    relative = os.path.relpath(path, plan.root)
    return None if relative.split("/")[0] == ".." else relative


def _typed(plan: ExportPlan) -> Iterator[str]:
    """The options that mean something there. Raises `UserError` for a Procfile that would be missing."""
    for flag, value in zip(plan.typed[::2], plan.typed[1::2], strict=True):
        if flag == "-f":
            inside = _inside(plan, value)
            if inside is None:
                raise UserError([Problem(value, None, NOT_THERE)])
            yield from (flag, inside)
        elif flag in ("-m", "-p"):
            yield from (flag, value)


def _longest(plan: ExportPlan) -> float:
    """Seconds that a stop may take."""
    return max([plan.timeout, *(plan.timeout_of(each.policies) for each in plan.types)])


def _stop(plan: ExportPlan) -> int:
    return seconds.whole(max(STOP, _longest(plan) + SPARE))


def _notes(plan: ExportPlan) -> Iterator[Note]:
    for path in plan.env_files:
        yield Note("", os.path.relpath(path, plan.root), ENV)
    for each in plan.types:
        if each.policies.account:
            yield Note(each.name, f"user: {each.policies.account.name}", NO_ROOT)
        if each.policies.cwd and _inside(plan, each.policies.cwd) is None:
            yield Note(each.name, f"cwd: {each.policies.cwd}", NOT_THERE)
    yield from container.of_machine(plan, "docker logs")


def _then(plan: ExportPlan) -> tuple[str, ...]:
    file = os.path.join(plan.folder or plan.root, "Dockerfile")
    tag = re.sub(r"[^a-z0-9]+", "-", plan.app.lower()).strip("-") or "app"
    patience = f" --stop-timeout {_stop(plan)}" if _longest(plan) > STOP - SPARE else ""
    return (
        f"DOCKER_BUILDKIT=1 docker build -t {tag} -f {shlex.quote(file)} {shlex.quote(plan.root)}",
        f"docker run --rm{patience} {tag}",
    )
