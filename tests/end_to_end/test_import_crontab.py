"""What Debian's cron gives to the shell is what an imported task gives it: command, input, variables."""

from __future__ import annotations

import json
import os
import re
import select
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from procman.core.config import taskfile
from procman.core.plan import dotenv
from procman.importing import checked, written
from procman.importing.cron import crontab
from procman.importing.found import Found
from tests.importing.samples import place

if TYPE_CHECKING:
    from pathlib import Path

NEEDED = ("cron", "unshare", "mount")
MISSING = [name for name in NEEDED if shutil.which(name) is None]
pytestmark = [
    pytest.mark.skipif(bool(MISSING), reason=f"needs {', '.join(MISSING)} (Debian: cron)"),
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root: cron runs in a mount namespace of its own"),
    pytest.mark.skipif(
        not MISSING
        and os.geteuid() == 0
        and subprocess.run(["unshare", "-m", "true"], check=False).returncode != 0,
        reason="no mount namespaces here",
    ),
]
RECORDER = """\
#!{python} -IS
import json, os, sys
said = [sys.argv[2].encode("utf-8", "surrogateescape").decode("latin-1"),
        sys.stdin.buffer.read().decode("latin-1"),
        {{k.decode("latin-1"): v.decode("latin-1") for k, v in os.environb.items() if k.startswith(b"X")}}]
name = "{folder}/" + os.environ["XNUMBER"]
with open(name + ".tmp", "w") as file:
    json.dump(said, file)
os.rename(name + ".tmp", name)
os.write(os.open("{folder}/../told", os.O_RDWR), b".")
"""
CRON = """\
set -e
mount -t tmpfs none /var/spool/cron
mkdir -m 1730 /var/spool/cron/crontabs
chgrp crontab /var/spool/cron/crontabs
mount -t tmpfs none /run
[ ! -d /etc/cron.d ] || mount -t tmpfs none /etc/cron.d
[ ! -e /etc/crontab ] || mount --bind /dev/null /etc/crontab
cp "$1" /var/spool/cron/crontabs/root
chmod 600 /var/spool/cron/crontabs/root
exec cron -f -L 0
"""
Said = tuple[str, str, dict[str, str]]
TEXTS = st.text(st.sampled_from("ab '\"\\%$&;|>#=é\t~*`(){}!-"), min_size=1, max_size=30)
VALUES = st.text(st.sampled_from("ab '\"\\%$#=é\t~"), max_size=12)
LONGEST = 30.0
"""Seconds without a job that has run: cron has no more."""
BATCH = max(20, int(os.environ.get("PROCMAN_EXAMPLES", "200")) // 4)


def by_cron(lines: list[str], folder: Path, count: int) -> dict[int, Said]:
    """What each of the jobs is given by cron, which runs them all as it starts (@reboot)."""
    tab = folder / "tab"
    tab.write_text("\n".join([*lines, ""]))
    told = os.open(folder / "told", os.O_RDWR)
    cron = subprocess.Popen(
        ["unshare", "-m", "--propagation", "private", "sh", "-c", CRON, "sh", str(tab)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        left = count
        while left > 0 and select.select([told], [], [], LONGEST)[0]:
            left -= len(os.read(told, left))
    finally:
        os.close(told)
        cron.kill()
        cron.wait()
    return results(folder / "out")


def results(folder: Path) -> dict[int, Said]:
    return {
        int(each.name): tuple(json.loads(each.read_text())) for each in folder.iterdir() if not each.suffix
    }


def by_procman(lines: list[str], folder: Path) -> dict[int, Said]:
    """What each of the jobs is given when procman runs the task that it became."""
    found = Found(place("root"))
    crontab.read("\n".join([*lines, ""]).encode(), "crontab", found.of("crontab"))
    checked.check(found)
    tasks = taskfile.parse(written.procman_yml(found).encode(), "procman.yml", None).tasks
    env = dotenv.parse(written.env(found.env).encode(), ".env", {}).values
    for task in tasks.values():
        subprocess.run(
            ["/bin/sh", "-c", task.command],
            env={"PATH": os.environ["PATH"], **env},
            stdin=subprocess.DEVNULL,
            check=True,
        )
    return results(folder / "out")


def recorder(folder: Path) -> Path:
    """A shell that writes down what it is given."""
    (folder / "out").mkdir(parents=True)
    os.mkfifo(folder / "told")
    shell = folder / "shell"
    shell.write_text(RECORDER.format(python=sys.executable, folder=folder / "out"))
    shell.chmod(0o755)
    return shell


def is_ours(text: str) -> bool:
    """Whether the line has a command, without an '&' at its end, which is taken out."""
    begins = text.strip(" \t")[:1]
    return begins not in ("", *"*=%") and not re.search(r"&\s*(?:%|$)", text)


@given(st.lists(st.tuples(TEXTS.filter(is_ours), VALUES), min_size=BATCH, max_size=BATCH))
@settings(max_examples=2, deadline=None, phases=[Phase.generate], suppress_health_check=[*HealthCheck])
def test_a_task_gives_the_shell_what_cron_gives_it(
    tmp_path_factory: pytest.TempPathFactory, jobs: list[tuple[str, str]]
) -> None:
    found = []
    for run in (by_cron, by_procman):
        folder = tmp_path_factory.mktemp("cron")
        lines = [f"SHELL={recorder(folder)}"]
        for number, (command, value) in enumerate(jobs):
            lines += [f"XNUMBER={number}", *allowed(f"XVALUE={value}"), f"@reboot {command}"]
        found.append(run(lines, folder, len(jobs)) if run is by_cron else by_procman(lines, folder))
    assert len(found[0]) == len(jobs), "cron has not run them all"
    assert found[0] == found[1]


def allowed(line: str) -> list[str]:
    """The line, if it is one that cron takes: else it would be taken for a job."""
    value = line.partition("=")[2].strip()
    bare = bool(value) and value[0] not in "'\""
    quoted = len(value) > 1 and value[0] in "'\"" and value.find(value[0], 1) == len(value) - 1
    return [line] if bare or quoted else []
