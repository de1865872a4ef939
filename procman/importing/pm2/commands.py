"""The command of an app of pm2: interpreter, script and arguments (lib/Common.js, lib/God/ForkMode.js)."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, NamedTuple

from procman.core.config.yamltree import Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from procman.importing.reading.parts import Part

INTERPRETERS = {
    ".sh": "bash",
    ".py": "python",
    ".rb": "ruby",
    ".php": "php",
    ".pl": "perl",
    ".js": "node",
    ".coffee": "coffee",
    ".ls": "lsc",
    ".ts": "bun",
    ".tsx": "bun",
}
"""By the ending of the script (lib/API/interpreter.json)."""
NODE = re.compile(r"(?:.*/)?(?:node|bun)")
NONE = "none"
VERSION = re.compile(r"node@(.+)")
ARGUMENT = re.compile(
    r"""[^\s"'=]+="[^"]*"|[^\s"'=]+='[^']*'|"[^"]*"|'[^']*'|\S+""",
)
"""How pm2 takes a text apart: quotes inside of a word stay in it (lib/tools/Config.js)."""
TYPESCRIPT = "pm2 takes node where bun is not installed: then write 'node' into the command"
BY_CONTENT = (
    "pm2 runs a text file without a known ending with node: is it JavaScript, write 'node' in front of it"
)


class Command(NamedTuple):
    """The words, and whether they are for Node, which pm2 can run in cluster mode."""

    argv: list[str]
    is_node: bool = False
    is_python: bool = False


def read(part: Part, is_file: bool) -> Command | None:
    """The command of an app. `is_file`: the script is a file in the app's folder, and no program of the PATH.
    None when there is no script."""
    line = part.line_of("script")
    script = part.text("script")
    given = part.text("exec_interpreter")
    arguments, options = [*_words(part, "args")], [*_words(part, "node_args")]
    if not script:
        part.lose(line, "no 'script': the app is left out")
        return None
    if " " in script:
        if arguments:
            part.lose(
                line, "args: pm2 does not pass them to a script with a blank in it, and nor does procman"
            )
        return Command(["bash", "-c", script])
    interpreter = _interpreter(part, given, script, line)
    if interpreter == NONE:
        name = f"./{script}" if is_file and "/" not in script else script
        return Command([name, *arguments])
    return Command(
        [interpreter, *options, script, *arguments],
        bool(NODE.fullmatch(interpreter)),
        "python" in interpreter,
    )


def _interpreter(part: Part, given: str, script: str, line: int) -> str:
    ending = posixpath.splitext(script)[1]
    if found := VERSION.fullmatch(given):
        part.lose(
            line, f"interpreter: procman does not choose Node {found[1]}: call procman where it is 'node'"
        )
        return "node"
    if given:
        return given
    if ending in (".ts", ".tsx"):
        part.lose(line, f"script: {TYPESCRIPT}")
    if ending not in INTERPRETERS and "/" in script:
        part.lose(line, f"script: {BY_CONTENT}")
    return INTERPRETERS.get(ending, NONE)


def _words(part: Part, key: str) -> Iterator[str]:
    entry = part.take(key)
    if entry is None:
        return
    if isinstance(entry.value, Sequence):
        for each in entry.value.items:
            if isinstance(each, Scalar):
                yield each.text
            else:
                part.lose(each.line, f"{key}: a word belongs here: it is left out")
    elif isinstance(entry.value, Scalar):
        for found in ARGUMENT.findall(entry.value.text):
            word = found[1:-1] if found[0] == found[-1] and found[0] in "\"'" else found
            if word.strip():
                yield word
    else:
        part.lose(entry.line, f"{key}: a text or a list belongs here: nothing is made of it")
