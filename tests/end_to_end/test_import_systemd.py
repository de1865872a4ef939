"""Words of command lines are those that systemd itself reads: `systemd --test` tells them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from procman.importing.reading import words
from procman.importing.systemd import commands as systemdcommands
from procman.importing.systemd import quoting, reading

SYSTEMD = next(
    (path for path in ("/lib/systemd/systemd", "/usr/lib/systemd/systemd") if os.path.exists(path)), ""
)
ROOT = os.geteuid() == 0
pytestmark = pytest.mark.skipif(not SYSTEMD, reason="needs systemd (Debian: systemd)")
TARGETS = ("basic.target", "sysinit.target", "shutdown.target", "default.target")
SIGNS = st.sampled_from("ab '\"\\;#%$n x41éu{}\t,=-")
LINES = st.text(SIGNS, min_size=1, max_size=24)
BATCH = max(50, int(os.environ.get("PROCMAN_EXAMPLES", "200")) // 2)
ESCAPED = re.compile(r"\\([$`])")


def as_systemd_reads(lines: list[str]) -> list[list[str] | None]:
    """The words of each line; None for one that it does not take."""
    folder = Path(tempfile.mkdtemp())
    try:
        folder.chmod(0o777)
        for name in TARGETS:
            (folder / name).write_text("[Unit]\nDefaultDependencies=no\n")
        marked = [
            f"ExecStart=-:/bin/echo {line}\nExecStart=:/bin/echo end{number}\n"
            for number, line in enumerate(lines)
        ]
        (folder / "x.service").write_text("[Service]\nType=oneshot\n" + "".join(marked))
        said = subprocess.run(
            [SYSTEMD, "--user", "--test", "--unit=x.service", "--no-pager"],
            env={"XDG_RUNTIME_DIR": str(folder), "SYSTEMD_UNIT_PATH": str(folder), "LC_ALL": "C.UTF-8"},
            user="nobody" if ROOT else None,
            capture_output=True,
            check=True,
            timeout=60,
        ).stdout.decode("utf-8", "surrogateescape")
    finally:
        shutil.rmtree(folder)
    found: list[list[str] | None] = []
    here: list[str] = []
    for each in re.findall(r"Command Line: /bin/echo(?: (.*))?$", said, re.MULTILINE):
        if each == f"end{len(found)}":
            found.append(here or None)
            here = []
        else:
            here += quoting.split(ESCAPED.sub(r"\1", each))
    return found


def as_we_read(line: str) -> list[str] | None:
    unit = reading.Unit("x.service", "x.service", [])
    setting = reading.Setting("Service", "ExecStart", f"-:/bin/echo {line}".strip(), 1)
    try:
        commands = systemdcommands.read(setting, unit)
    except ValueError:
        return None
    return [
        text for each in commands for word in each.words[1:] if (text := words.literal(word)) is not None
    ] or None


def is_plain(line: str) -> bool:
    """Without what the test itself uses: a second program behind ';', a '%' that only systemd knows."""
    known = not re.search(r"%[^%n]|%$", line) and not re.search(r"(?<!\S);(?!\S)", line)
    return known and not line.endswith("\\") and "end" not in line


@given(st.lists(LINES.filter(is_plain), min_size=BATCH, max_size=BATCH))
@settings(max_examples=4, deadline=None, phases=[Phase.generate], suppress_health_check=[*HealthCheck])
def test_the_words_of_a_command_are_those_that_systemd_reads(lines: list[str]) -> None:
    expected = as_systemd_reads(lines)
    assert len(expected) == len(lines)
    wrong = [
        (line, theirs, ours)
        for line, theirs in zip(lines, expected, strict=True)
        if (ours := as_we_read(line)) != theirs
    ]
    assert not wrong, wrong[:5]
