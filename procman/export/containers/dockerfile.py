"""A Dockerfile in which `procman start` is the first process, and what is not to go into its image.

It is the one of docs/production.md, for this app. There procman reads the app's files itself, so all that
procman.yml says holds as it does here. Values of variables are in neither file. What has them stays out of
the image: environment files, and other exports.
"""

from __future__ import annotations

import os
import re
import shlex
from typing import TYPE_CHECKING

from procman import __version__
from procman.errors import Problem, UserError
from procman.export import lacks, seconds, shell
from procman.export.containers import container, times
from procman.export.plan import Export, File, Note

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from procman.export.plan import ExportPlan, Render

FOLDER = "/app"
USER = re.compile(r"[a-z_][a-z0-9_-]{0,31}", re.ASCII)
"""What useradd(8) takes."""
USUAL_USER = "app"
TAKEN = frozenset(
    "_apt adm audio backup bin cdrom daemon dialout dip disk fax floppy games irc kmem list lp mail man news"
    " nobody nogroup operator plugdev proxy root sasl shadow src staff sudo sync sys tape tty users utmp uucp"
    " video voice www-data".split()
)
"""Users and groups that Debian has in each image (base-passwd)."""
STOP = 10.0
"""Seconds that `docker stop` waits before SIGKILL."""
SPARE = 2.0
"""How much sooner procman must be done."""
READY = 60.0
"""Seconds in which the usual app is ready."""
PACKAGE, WITH_DRIVER = "procman-cli", "procman-cli[postgres]"
NOT_COPIED = (".env", ".git", ".procman", ".venv")
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
    meant = re.sub(r"\s", "?", OF_DIALECT.sub(r"\\\g<0>", path))
    return f"/{meant}" if meant[0] in "#!" else meant


FILTERS = {"words": words, "pattern": pattern, "shell": shell.words}


def export(plan: ExportPlan, render: Render) -> Export:
    """The Dockerfile, and what is not copied: BuildKit finds that list by its name. Raises `UserError`."""
    secrets = [*dict.fromkeys([".env", *_env_files(plan), "compose.yml", f"{plan.app}.yaml"])]
    state = _state(plan)
    ignored = dict.fromkeys([*NOT_COPIED, *(path for path in (*secrets, state) if path[0] != "/")])
    text = render(
        "Dockerfile.j2",
        folder=FOLDER,
        secrets=secrets,
        user=_user(plan),
        package=WITH_DRIVER if plan.on_server else PACKAGE,
        version=__version__,
        tasks=bool(plan.tasks),
        states=[state, *([container.VOLUME] if plan.tasks else [])],
        start_period=_start_period(plan),
        ports=dict.fromkeys(port for each in plan.types for port in container.served(plan, each)),
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


def _user(plan: ExportPlan) -> str:
    fits = plan.user and USER.fullmatch(plan.user) and plan.user not in TAKEN
    return plan.user if plan.user and fits else USUAL_USER


def _env_files(plan: ExportPlan) -> Iterator[str]:
    for path in plan.env_files:
        if inside := _inside(plan, path):
            yield inside


def _inside(plan: ExportPlan, path: str) -> str | None:
    """A path as it is called from the app's folder; None for one that is outside. Raises `UserError`."""
    found = container.inside(path, plan.root)
    if found and "\n" in found:
        raise UserError([Problem(path, None, "has a line end in its name: give it another one")])
    return found


def _state(plan: ExportPlan) -> str:
    """Where procman keeps its state, seen from the app's folder if it is in there."""
    path = plan.place.get("PROCMAN_STATE", os.path.join(plan.root, ".procman"))
    return _inside(plan, path) or path


def _start_period(plan: ExportPlan) -> int:
    """Seconds until all are ready, also when they wait for each other."""
    return times.whole(
        max(READY, sum(each.policies.ready.within for each in plan.types if each.policies.ready))
    )


def _typed(plan: ExportPlan) -> Iterator[str]:
    """The options that mean something there. Raises `UserError` for a Procfile that would be missing."""
    if "-e" in plan.typed[::2]:
        yield from container.NO_FILES
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
        yield from container.outside(each.name, each.policies, plan.root)
    yield from container.of_machine(plan, "docker logs")


def _then(plan: ExportPlan) -> tuple[str, ...]:
    file = os.path.join(plan.folder or plan.root, "Dockerfile")
    tag = re.sub(r"[^a-z0-9]+", "-", plan.app.lower()).strip("-") or "app"
    patience = f" --stop-timeout {_stop(plan)}" if _longest(plan) > STOP - SPARE else ""
    kept = f" --volume {shlex.quote(f'{tag}:{_in_image(plan)}')}" if plan.tasks else ""
    release = (f"docker run --rm {tag} procman run {plan.release.type}",) if plan.release else ()
    return (
        f"DOCKER_BUILDKIT=1 docker build -t {tag} -f {shlex.quote(file)} {shlex.quote(plan.root)}",
        *release,
        f"docker run --rm{patience}{kept} {tag}",
    )


def _in_image(plan: ExportPlan) -> str:
    """The folder of the state there, which has to outlive the container: the history, and jobs."""
    return os.path.join(FOLDER, _state(plan))
