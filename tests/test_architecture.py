"""Keeps the house: imports point down, core is pure, each effect has one room, nothing grows a long tail."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FLOORS = {
    "procman": -1,
    "typed": -1,
    "errors": 0,
    "shortages": 0,
    "core": 1,
    "statefolder": 1,
    "host": 2,
    "logs": 2,
}
FLOORS |= {
    "store": 2,
    "export": 2,
    "importing": 2,
    "app": 3,
    "engine": 3,
    "control": 4,
    "cli": 5,
    "__main__": 6,
    "testing": 6,
}
FACADE = "procman"
"""What apps import: it loads `enqueue` from upstairs, when it is asked for."""
PURE = {
    *"""
    __future__ bisect collections datetime enum fnmatch functools itertools re shlex signal typing
    unicodedata yaml zlib zoneinfo croniter procman
""".split()
}
"""What core may import: pure modules, the two libraries that read, and of signals the names."""
ONLY = {"signal": {"Signals"}}
ACTING = {"open", "print", "input"}
DOORS = ("procman.cli.answers", "procman.cli.complaints")
OWNERS = {
    "host": "_socket ctypes fcntl psutil pty selectors socket subprocess termios tty",
    "cli": "argcomplete argparse json",
    "store": "sqlite3 json",
    "control": "asyncio json socket",
    "no room yet": "multiprocessing",
}
CALLS_OF_HOST = {*"fork forkpty killpg openpty popen posix_spawn posix_spawnp system waitid waitpid".split()}
VARYING = {"fromisoformat", "strptime"}
"""What the standard library reads differs by its version: 24:00 is a time for some."""
LINES, FUNCTION_LINES = 250, 30
LONGER_FILES: dict[str, str] = {}
LONGER_FUNCTIONS: dict[str, str] = {}
"""Exceptions by full name, each with its reason."""
VAGUE = {*"util utils helper helpers manager common base".split()}

ROOT = Path(__file__).parent.parent
TEXTS = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path.read_text()
    for path in sorted((ROOT / "procman").rglob("*.py"))
}
NODES = {module: list(ast.walk(ast.parse(text))) for module, text in TEXTS.items()}


def room(module: str) -> str:
    return module.split(".")[1] if "." in module else module


def floor(module: str) -> int:
    assert room(module) in FLOORS, f"{module}: give the room '{room(module)}' a floor in this file"
    return FLOORS[room(module)]


def imports(module: str) -> Iterator[tuple[str, str]]:
    """Place and imported module of every import, in functions and under TYPE_CHECKING too."""
    for node in NODES[module]:
        if isinstance(node, ast.Import):
            yield from ((f"{module}:{node.lineno}", alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{module}:{node.lineno}: import by the full name, from procman. ..."
            for name in (f"{node.module}.{alias.name}" for alias in node.names):
                yield f"{module}:{node.lineno}", name if name in TEXTS else str(node.module)


def uses(module: str) -> Iterator[tuple[str, str, str]]:
    """Place, module and name of every `module.name` and `from module import name`."""
    for node in NODES[module]:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield f"{module}:{node.lineno}", node.value.id, node.attr
        elif isinstance(node, ast.ImportFrom):
            yield from ((f"{module}:{node.lineno}", str(node.module), alias.name) for alias in node.names)


def report(sentences: Iterable[str]) -> None:
    found = sorted(sentences)
    assert not found, "\n".join(["", *found])


def test_a_module_imports_only_from_its_own_room_and_the_floors_below() -> None:
    report(
        f"{place} imports {name}, which is not below it: move what it needs down, or have it given in"
        for module in TEXTS
        for place, name in imports(module)
        if name in TEXTS and room(name) != room(module) and floor(name) >= floor(module) and module != FACADE
    )


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {module: {name for _, name in imports(module) if name in TEXTS} for module in TEXTS}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"a circle of imports, take one of them out: {' <- '.join(error.args[1])}")


def test_core_imports_only_what_is_pure() -> None:
    report(
        f"{place} imports {name}, which is not known as pure: decide here, act in a room above"
        for module in TEXTS
        if room(module) in ("core", "errors")
        for place, name in imports(module)
        if name.split(".")[0] not in PURE | ({"difflib"} if room(module) == "errors" else set())
    )


def test_core_neither_reads_nor_writes_nor_sends() -> None:
    core = [module for module in TEXTS if room(module) in ("core", "errors")]
    report(
        f"{place} uses {name} of {of}, which acts: decide here, act in a room above"
        for module in core
        for place, of, name in uses(module)
        if name not in ONLY.get(of, {name})
    )
    report(
        f"{module}:{node.lineno} uses {node.id}(), which acts: decide here, act in a room above"
        for module in core
        for node in NODES[module]
        if isinstance(node, ast.Name) and node.id in ACTING
    )


def test_what_people_write_means_the_same_in_every_python() -> None:
    report(
        f"{module}:{node.lineno} uses {node.attr}(), which takes more in later Pythons: read the text by hand"
        for module in TEXTS
        if room(module) == "core"
        for node in NODES[module]
        if isinstance(node, ast.Attribute) and node.attr in VARYING
    )


def test_every_effect_has_one_room() -> None:
    owners: dict[str, list[str]] = {}
    for owner, effects in OWNERS.items():
        for effect in effects.split():
            owners.setdefault(effect, []).append(owner)
    report(
        f"{place} imports {name}, which belongs to {' and '.join(owners[name.split('.')[0]])}: ask there"
        for module in TEXTS
        for place, name in imports(module)
        if room(module) not in owners.get(name.split(".")[0], [room(module)])
    )
    report(
        f"{place} uses os.{name}, which belongs to host: ask that room for it"
        for module in TEXTS
        for place, of, name in uses(module)
        if of == "os" and name in CALLS_OF_HOST and room(module) != "host"
    )


def test_what_is_printed_leaves_through_two_doors() -> None:
    report(
        f"{module}:{node.lineno} prints: use answers.say() or complaints.tell(), which steer no terminal"
        for module in TEXTS
        if module not in DOORS
        for node in NODES[module]
        if isinstance(node, ast.Name) and node.id == "print"
    )


def test_files_are_short() -> None:
    lengths = {module: len(text.splitlines()) for module, text in TEXTS.items() if module not in LONGER_FILES}
    report(
        f"{module} has {length} lines, {LINES} at most: move one idea into a module of its own"
        for module, length in lengths.items()
        if length > LINES
    )


def test_functions_are_short() -> None:
    functions = {
        f"{module}.{node.name}": (node.end_lineno or 0) - node.lineno + 1
        for module in TEXTS
        for node in NODES[module]
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    report(
        f"{name} has {length} lines, {FUNCTION_LINES} at most: give its parts names of their own"
        for name, length in functions.items()
        if length > FUNCTION_LINES and name not in LONGER_FUNCTIONS
    )
    assert LONGER_FUNCTIONS.keys() <= functions.keys(), "take exceptions out that nothing needs any more"
    assert LONGER_FILES.keys() <= TEXTS.keys(), "take exceptions out that nothing needs any more"


def test_the_name_of_a_module_says_what_is_in_it() -> None:
    report(
        f"{module}: such a name could hold anything, call it after the thing that is in it"
        for module in TEXTS
        if VAGUE & {*module.split(".")}
    )
