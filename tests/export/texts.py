"""Texts that mean something to many programs, and what becomes of them on the way through one."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from tests.export.plans import Exported

EXAMPLES = int(os.environ.get("PROCMAN_EXAMPLES", "200"))
NASTY = (
    *(" ;x", "a ; b", "\t# c", "%(here)s", "%(ENV_HOME)s", "%%", "%", "'", '"', "'\"", "\\", "\\0", "$X"),
    *(
        "\n",
        " \n ",
        "\r\n",
        "{{x}}",
        "`x`",
        "$(x)",
        "${x}",
        " ",
        "\t",
        "!",
        "~",
        "*",
        "é",
        "☃",
        "\x85",
        "\u2028",
    ),
)


def _is_text(text: str) -> bool:
    """Whether it is what Python makes of some bytes."""
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape") == text
    except UnicodeEncodeError:
        return False


TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
BYTES = st.binary(max_size=20).map(lambda data: data.replace(b"\0", b"").decode("utf-8", "surrogateescape"))
ANY = st.lists(st.one_of(st.sampled_from(NASTY), TEXT, BYTES), max_size=6).map("".join).filter(_is_text)
"""All that a process can be given."""
VARIABLES = st.dictionaries(st.from_regex(r"\AV[A-Z0-9_]{0,5}\Z"), ANY, min_size=1, max_size=8)


def seen(words: Sequence[str], names: Collection[str], **options: Any) -> dict[str, str]:
    """Those variables that `env -0` shows when these words are run."""
    ran = subprocess.run(words, stdout=subprocess.PIPE, check=True, **options)
    pairs = (each.partition(b"=") for each in ran.stdout.split(b"\0"))
    found = {os.fsdecode(name): value.decode("utf-8", "surrogateescape") for name, _, value in pairs}
    return {name: found[name] for name in names if name in found}


def write(exported: Exported, folder: Path) -> None:
    """The files of an export in a folder."""
    for path, file in exported.files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.text.encode("utf-8", "surrogateescape"))
        target.chmod(file.mode)


def variables_of(exported: Exported, service: str) -> Mapping[str, str]:
    """The files in the `env/` of a service."""
    folder = f"{service}/env/"
    files = exported.files.items()
    return {path.removeprefix(folder): file.text for path, file in files if path.startswith(folder)}
