"""What `procman export inittab` writes, run by System V init as the first process of namespaces of its own.

Debian's package sysvinit-core takes the place of systemd, so few machines have it installed: PROCMAN_SYSVINIT
is the path of its `init`, as `dpkg -x` unpacks it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from procman.export.inits import inittab
from tests.end_to_end.kill_nine import no_namespaces
from tests.end_to_end.output import wait_until
from tests.export import running
from tests.export.hostile import EXAMPLES, texts
from tests.export.plans import export, plan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.export.plans import Exported

BATCH = 100
START = """
mount -t tmpfs tmpfs /run && mount --bind "$1/etc" /etc && exec "$2" 2
"""


def sysvinit() -> str | None:
    """Its path, if it is on this machine."""
    for path in (os.environ.get("PROCMAN_SYSVINIT"), "/lib/sysvinit/init", "/sbin/init"):
        if path and os.path.exists(path) and b"sysvinit-" in Path(path).read_bytes():
            return path
    return None


INIT = sysvinit()
WHY_NOT = "needs sysvinit (Debian: sysvinit-core)" if INIT is None else no_namespaces()
pytestmark = [
    pytest.mark.skipif(WHY_NOT is not None, reason=f"no init of our own: {WHY_NOT}"),
    pytest.mark.skipif(os.getuid() != 0, reason="init has to be root"),
]


@contextmanager
def booted(found: Exported, folder: Path) -> Iterator[None]:
    """A machine with these lines in its inittab, and the scripts where these say."""
    for file in found.files.values():
        (folder / file.path).write_bytes(file.text.encode("utf-8", "surrogateescape"))
        (folder / file.path).chmod(file.mode)
    shutil.copytree("/etc", folder / "etc", symlinks=True)
    (folder / "etc" / "inittab").write_text("id:2:initdefault:\n" + found.text("shop.inittab"))
    unshare = ["unshare", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child"]
    words = [*unshare, "/bin/sh", "-c", START, "sh", str(folder), str(INIT)]
    process = subprocess.Popen(
        words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.kill()
        process.wait()


@given(st.lists(st.tuples(texts(), texts()), min_size=BATCH, max_size=BATCH))
@settings(max_examples=max(1, EXAMPLES // BATCH), deadline=None, phases=[Phase.generate])
def test_texts_arrive_as_arguments_and_as_variables(
    tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("init")
    what = plan(
        "web: ./web\n",
        "processes: {web: {oneshot: true}}\n",
        root=str(folder),
        folder=str(folder),
        user=None,
        log=str(folder / "log"),
    )
    with booted(export("inittab", running.reports(what, folder, pairs)), folder):
        numbers = range(1, len(pairs) + 1)
        wait_until(lambda: all(is_whole(folder / str(number)) for number in numbers))
    for number, pair in enumerate(pairs, start=1):
        assert running.reported(folder, number) == pair


def is_whole(path: Path) -> bool:
    return path.exists() and path.read_bytes().count(b"\0") == 2


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Others may look into it; into those of pytest nobody may."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_what_ends_comes_back_as_another_user_in_a_folder_with_a_blank(open_folder: Path) -> None:
    folder = open_folder / "my app"
    folder.mkdir()
    command = "echo $(id -un) $(id -gn) $HOME $USER $(nice) $(umask) $(ulimit -n) $PATH >> out; sleep 0.05"
    what = plan(
        f"web: {command}\n",
        "processes: {web: {nice: 5, umask: '027', nofile: 512}}\n",
        root=str(folder),
        folder=str(folder),
        user="nobody",
        log=str(open_folder / "log"),
    )
    folder.chmod(0o777)
    with booted(export("inittab", what), folder):
        wait_until(lambda: (folder / "out").exists() and len((folder / "out").read_text().splitlines()) > 2)
    expected = f"nobody nogroup /nonexistent nobody 5 0027 512 {inittab.PATH}"
    assert {*(folder / "out").read_text().splitlines()} == {expected}
