"""What s6-rc-compile would say of source folders, by its documentation (s6-rc 0.5, "Source format").

It is in no Debian release, so that tests cannot ask it.
"""

from __future__ import annotations

import re
import signal
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Folders = Mapping[str, Mapping[str, str]]

ATOMIC = {"type", "dependencies.d", "dependencies", "timeout-up", "timeout-down", "flag-essential"}
COPIED = {"run", "finish", "notification-fd", "lock-fd", "timeout-kill", "timeout-finish"}
COPIED |= {"max-death-tally", "down-signal", "flag-newpidns", "data", "env"}
"""What a service folder has of a longrun's."""
LINKS = {"producer-for", "consumer-for", "pipeline-name"}
KNOWN = {
    "bundle": {"type", "contents.d", "contents"},
    "oneshot": {*ATOMIC, "up", "down"},
    "longrun": {*ATOMIC, *COPIED, *LINKS},
}
NEEDED = {"bundle": "contents.d", "oneshot": "up", "longrun": "run"}
READ_BY_US = {"oneshot": {"env"}}
"""What s6-rc-compile passes over, and the `up` of a oneshot reads."""
NUMBERS = ("notification-fd", "timeout-kill", "timeout-finish")


def folders(texts: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """The files of each service definition directory, but those that begin with a dot."""
    found: dict[str, dict[str, str]] = {}
    for path, text in texts.items():
        top, _, rest = path.partition("/")
        if rest and not rest.startswith("."):
            found.setdefault(top, {})[rest] = text
    return found


def word(files: Mapping[str, str], name: str) -> str | None:
    """What a file of one line says."""
    return files[name].removesuffix("\n") if name in files else None


def below(files: Mapping[str, str], folder: str) -> list[str]:
    return [path.removeprefix(f"{folder}/") for path in files if path.startswith(f"{folder}/")]


def problems(texts: Mapping[str, str]) -> list[str]:
    """All that is wrong with these files."""
    sources = folders(texts)
    pipelines = _pipelines(sources)
    found = [problem for name, files in sources.items() for problem in _of_one(name, files)]
    found += [f"{each}: a pipeline and a service" for each in pipelines if each in sources]
    found += _of_links(sources)
    found += _of_names(sources, {*sources, *pipelines})
    return found or _of_circles(sources, pipelines)


def _pipelines(sources: Folders) -> dict[str, list[str]]:
    """The bundles that pipelines become: a name is read with the last consumer."""
    return {
        str(word(files, "pipeline-name")): [name, str(word(files, "consumer-for"))]
        for name, files in sources.items()
        if "pipeline-name" in files
    }


def _of_one(name: str, files: Mapping[str, str]) -> Iterator[str]:
    kind = word(files, "type") or ""
    if name.startswith(("s6rc-", "s6-rc-")) or not re.fullmatch(r"[A-Za-z0-9_.-]+", name):
        yield f"{name}: no name for a service"
    if kind not in KNOWN:
        yield f"{name}: of type {kind!r}"
        return
    tops = {path.partition("/")[0] for path in files}
    if NEEDED[kind] not in tops:
        yield f"{name}: a {kind} without {NEEDED[kind]}"
    for unknown in tops - KNOWN[kind] - READ_BY_US.get(kind, set()):
        yield f"{name}: nobody reads its {unknown}"
    for each in NUMBERS:
        if not re.fullmatch(r"[0-9]+\n", files.get(each, "0\n")):
            yield f"{name}: {each} is no number"
    if word(files, "notification-fd") in ("0", "1", "2"):
        yield f"{name}: notification-fd is one of the standard ones"
    down = word(files, "down-signal") or "TERM"
    if not down.isdecimal() and f"SIG{down}" not in signal.Signals.__members__:
        yield f"{name}: down-signal is none"


def _of_links(sources: Folders) -> Iterator[str]:
    """Producers and consumers name each other; the end of a pipeline has its name, which is the only one."""
    names = [word(files, "pipeline-name") for files in sources.values() if "pipeline-name" in files]
    yield from {f"{name}: the name of two pipelines" for name in names if names.count(name) > 1}
    for one, other in (("producer-for", "consumer-for"), ("consumer-for", "producer-for")):
        for name, files in sources.items():
            if one in files and word(sources.get(word(files, one) or "", {}), other) != name:
                yield f"{name}: is {one} somebody who does not say so"
    for name, files in sources.items():
        if "pipeline-name" in files and ("consumer-for" not in files or "producer-for" in files):
            yield f"{name}: has a pipeline-name, and is no last consumer"


def _of_names(sources: Folders, known: set[str]) -> Iterator[str]:
    for name, files in sources.items():
        for folder in ("dependencies.d", "contents.d"):
            yield from (f"{name}: no service {each}" for each in below(files, folder) if each not in known)


def _of_circles(sources: Folders, pipelines: Mapping[str, list[str]]) -> list[str]:
    """A producer depends on its consumer, too."""
    graph: dict[str, list[str]] = {
        name: [
            *below(files, "dependencies.d"),
            *below(files, "contents.d"),
            *([str(word(files, "producer-for"))] if "producer-for" in files else []),
        ]
        for name, files in sources.items()
    }
    try:
        TopologicalSorter({**graph, **pipelines}).prepare()
    except CycleError as error:
        return [f"a circle: {error.args[1]}"]
    return []
