"""What `procman export crontab` writes, run by Debian's cron and by cronie, in namespaces of their own.

Nobody waits for a minute: `@reboot` lines are read and run like all others, and as soon as cron starts.
A machine has one of the two: PROCMAN_CRONIE is the path of a `crond` beside Debian's cron.
"""

from __future__ import annotations

import fcntl
import os
import shlex
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.end_to_end.kill_nine import no_namespaces
from tests.end_to_end.output import wait_until
from tests.export.hostile import EXAMPLES, texts
from tests.export.plans import Exported, export, plan

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager


def crons() -> dict[str, list[str]]:
    """How each cron that is here is called, so that it stays in the foreground."""
    cronie = os.environ.get("PROCMAN_CRONIE") or shutil.which("crond")
    is_cronie = cronie is not None and b"CRON_TZ" in Path(cronie).read_bytes()  # and not that of BusyBox
    debians = {"debian": ["cron", "-f"]} if shutil.which("cron") else {}
    return {**debians, **({"cronie": [str(cronie), "-n"]} if is_cronie else {})}


CRONS = crons()
WHY_NOT = no_namespaces() if CRONS else "needs cron (Debian: cron)"
pytestmark = [
    pytest.mark.skipif(WHY_NOT is not None, reason=f"no cron of our own: {WHY_NOT}"),
    pytest.mark.skipif(os.getuid() != 0, reason="cron has to be root"),
]
BATCH = 40
"""Crontabs in one: cron reads 1,000 lines (MAX_TAB_LINES)."""
START = """
mount -t tmpfs tmpfs /run && mount -t tmpfs tmpfs /var/spool/cron && mount -t tmpfs tmpfs /etc/cron.d &&
mkdir /var/spool/cron/crontabs && install -m 600 "$1" /var/spool/cron/crontabs/root &&
install -m 600 "$1" /var/spool/cron/root && shift &&
{ [ -z "$1" ] || mount --bind "/usr/share/zoneinfo/$1" /etc/localtime; } && shift && exec "$@"
"""
"""Debian has its crontabs in a folder of their own."""


class Cron(Protocol):
    """Runs a crontab of root while it is open, on a machine in this zone."""

    def __call__(self, crontab: str, folder: Path, zone: str = "") -> AbstractContextManager[None]: ...


@pytest.fixture(params=CRONS or ["none"])
def name(request: pytest.FixtureRequest) -> str:
    """Of a cron that is here."""
    return str(request.param)


@pytest.fixture
def cron(name: str) -> Cron:
    """That cron."""

    @contextmanager
    def run(crontab: str, folder: Path, zone: str = "") -> Iterator[None]:
        path = folder / "crontab"
        path.write_bytes(crontab.encode("utf-8", "surrogateescape"))
        if name == "debian":
            subprocess.run(["crontab", "-n", path], check=True, capture_output=True)
        unshare = ["unshare", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child"]
        process = subprocess.Popen([*unshare, "/bin/sh", "-c", START, "sh", path, zone, *CRONS[name]])
        try:
            yield
        finally:
            process.kill()
            process.wait()

    return run


def at_once(found: Exported) -> str:
    """The crontab with all its lines to be run when cron starts. Without comments, for cron counts those."""
    text = found.text("shop.crontab").replace("* * * * * ", "@reboot ")
    return "".join(f"{line}\n" for line in text.split("\n") if line[:1] not in ("#", ""))


def one(folder: Path, command: str, said: str = "", env: Mapping[str, str] | None = None) -> Exported:
    yml = f"tasks: {{t: {{command: ./t, schedule: every minute{said}}}}}\n"
    state = {"PROCMAN_STATE": str(folder / "state")}
    what = plan("", yml, env, root=str(folder), place=state, timeout=0.5)
    task = what.tasks[0]._replace(command=command)
    return export("crontab", what._replace(tasks=(task,)))


@given(st.lists(st.tuples(texts(), texts()), min_size=BATCH, max_size=BATCH))
@settings(
    max_examples=max(1, EXAMPLES // BATCH),
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_texts_arrive_as_arguments_and_as_variables(
    cron: Cron, tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("cron")
    crontabs = []
    for number, (argument, variable) in enumerate(pairs):
        out = folder / str(number)
        command = f'printf "%s\\0" "$V" {shlex.quote(argument)} > {out}.new\nmv {out}.new {out}'
        found = one(folder, command, ", overlap: allow", {"V": variable})
        assert found.export.scheduled == ()
        crontabs.append(at_once(found))
    with cron("".join(crontabs), folder):
        wait_until(lambda: all((folder / str(number)).exists() for number in range(len(pairs))))
    for number, (argument, variable) in enumerate(pairs):
        got = (folder / str(number)).read_bytes().decode().split("\0")
        assert got == [variable, argument, ""]


def test_bytes_that_are_no_letters_arrive(cron: Cron, tmp_path: Path) -> None:
    text = b"\xff \x80%".decode("utf-8", "surrogateescape")
    with cron(at_once(one(tmp_path, 'printf "%s" "$V" > new; mv new out', env={"V": text})), tmp_path):
        wait_until((tmp_path / "out").exists)
    assert (tmp_path / "out").read_bytes() == b"\xff \x80%"


def test_a_task_that_still_runs_is_not_started_again(cron: Cron, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir(mode=0o700)
    second = at_once(one(tmp_path, "touch allowed", ", overlap: allow"))
    with (
        open(tmp_path / "state" / "cron-t.lock", "w", encoding="utf-8") as file,
        cron(at_once(one(tmp_path, "touch skipped")) + second, tmp_path),
    ):
        fcntl.flock(file, fcntl.LOCK_EX)
        wait_until((tmp_path / "allowed").exists)
    assert not (tmp_path / "skipped").exists()


def test_what_a_run_leaves_behind_does_not_hold_the_lock(cron: Cron, tmp_path: Path) -> None:
    with cron(at_once(one(tmp_path, "sleep 1000 & touch done")), tmp_path):
        wait_until((tmp_path / "done").exists)
        lock = os.open(tmp_path / "state" / "cron-t.lock", os.O_RDONLY)
        wait_until(lambda: is_free(lock))
        os.close(lock)


def is_free(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def test_a_run_that_takes_too_long_is_asked_to_end_and_then_killed(cron: Cron, tmp_path: Path) -> None:
    command = "trap 'touch asked' TERM; touch begun; while :; do sleep 0.05; done"
    log = f"; echo $? > {tmp_path}/code.new; mv {tmp_path}/code.new {tmp_path}/code\n"
    crontab = at_once(one(tmp_path, command, ", timeout: 100ms")).rstrip("\n") + log
    with cron(crontab, tmp_path):
        wait_until((tmp_path / "code").exists)
    assert (tmp_path / "asked").exists()
    assert (tmp_path / "code").read_text() == "137\n"


@pytest.mark.parametrize(
    ("zone", "runs"), [("Europe/Paris", True), ("Europe/Berlin", True), ("Asia/Tokyo", False)]
)
def test_debians_cron_runs_nothing_at_the_hour_of_another_zone(
    cron: Cron, name: str, tmp_path: Path, zone: str, runs: bool
) -> None:
    """cronie would have waited for the hour of the zone that is named."""
    runs = runs or name == "cronie"
    yml = "tasks: {t: {command: touch ran, schedule: 'daily at 9:30 Europe/Paris'}}\n"
    what = plan("", yml, root=str(tmp_path), place={"PROCMAN_STATE": str(tmp_path / "state")})
    text = at_once(export("crontab", what)).replace("30 9 * * * ", "@reboot ")
    last = f"@reboot {sys.executable} -c pass; touch {tmp_path}/other\n"
    told = f"@reboot exec 2>{tmp_path}/told; "
    with cron(text.replace("@reboot ", told) + last, tmp_path, zone):
        wait_until((tmp_path / "other").exists)
        wait_until(lambda: (tmp_path / "ran").exists() or (tmp_path / "told").read_text())
    assert (tmp_path / "ran").exists() is runs
    assert ("not in the zone Europe/Paris" in (tmp_path / "told").read_text()) is not runs
