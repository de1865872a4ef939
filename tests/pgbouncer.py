"""pgbouncer before a server of the tests, in transaction mode: each may have another connection."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.end_to_end.output import wait_until
from tests.postgres import USER, Server, account

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
WHY_NOT = "needs pgbouncer (Debian: pgbouncer)"
SOCKET = ".s.PGSQL.6432"


@contextmanager
def before(server: Server) -> Iterator[str]:
    """The URL of a pool before the server."""
    assert PROGRAM, WHY_NOT
    folder = Path(tempfile.mkdtemp(prefix="pb"))
    settings = folder / "pgbouncer.ini"
    settings.write_text(
        f"[databases]\n* = host={server.folder} user={USER}\n"
        f"[pgbouncer]\nlisten_addr =\nunix_socket_dir = {folder}\nlisten_port = 6432\n"
        "auth_type = any\npool_mode = transaction\nserver_lifetime = 1\n"
        "ignore_startup_parameters = extra_float_digits\n"
    )
    folder.chmod(0o777)
    pool = subprocess.Popen([PROGRAM, "-q", settings], stderr=subprocess.DEVNULL, cwd="/", **account())
    try:
        wait_until((folder / SOCKET).exists)
        yield f"postgresql://{USER}@/postgres?host={folder}&port=6432"
    finally:
        pool.kill()
        pool.wait()
        shutil.rmtree(folder, ignore_errors=True)
