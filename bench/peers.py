"""procman and its peers: how each is given the same children."""

import shlex
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from bench.subjects import Commands, Subject

PROCMAN, BEFORE = "procman", "procman before"


def procfile(folder: Path, commands: Commands) -> Path:
    """Writes a Procfile; `exec` leaves no shell between the manager and the child."""
    path = folder / "Procfile"
    path.write_text("".join(f"{name}: {_exec(argv)}\n" for name, argv in commands.items()))
    return path


def _exec(argv: list[str]) -> str:
    return f"exec {shlex.join(argv)}"


def _procman(folder: Path, commands: Commands) -> list[str]:
    path = procfile(folder, commands)
    return ["start", "-f", str(path), "-d", str(folder), "--color", "never"]


def _foreman(folder: Path, commands: Commands) -> list[str]:
    return ["start", "-f", str(procfile(folder, commands)), "-d", str(folder)]


def _honcho(folder: Path, commands: Commands) -> list[str]:
    return ["-f", str(procfile(folder, commands)), "-d", str(folder), "start"]


def _nf(folder: Path, commands: Commands) -> list[str]:
    (folder / ".env").write_text("")
    return ["-j", str(procfile(folder, commands)), "-e", str(folder / ".env"), "start"]


def _concurrently(folder: Path, commands: Commands) -> list[str]:
    return ["--no-color", "--names", ",".join(commands), *map(_exec, commands.values())]


def _supervisord(folder: Path, commands: Commands) -> list[str]:
    head = "[supervisord]\nnodaemon=true\nsilent=true\nlogfile=/dev/null\nlogfile_maxbytes=0\n"
    program = "stdout_logfile=/dev/fd/1\nstdout_logfile_maxbytes=0\nautorestart=false\nstartsecs=0\n"
    parts = [f"[program:{name}]\ncommand={shlex.join(argv)}\n{program}" for name, argv in commands.items()]
    config = folder / "supervisord.conf"
    config.write_text(f"{head}pidfile={folder / 'supervisord.pid'}\n" + "".join(parts))
    return ["-c", str(config)]


def _hivemind(folder: Path, commands: Commands) -> list[str]:
    return ["--root", str(folder), str(procfile(folder, commands))]


def _overmind(folder: Path, commands: Commands) -> list[str]:
    path, socket = procfile(folder, commands), folder / "overmind.sock"
    return ["start", "-f", str(path), "-d", str(folder), "-s", str(socket)]


def _goreman(folder: Path, commands: Commands) -> list[str]:
    return ["-f", str(procfile(folder, commands)), "-basedir", str(folder), "-rpc-server=false", "start"]


def _process_compose(folder: Path, commands: Commands) -> list[str]:
    parts = [f"  {name}:\n    command: '{_exec(argv)}'\n" for name, argv in commands.items()]
    config = folder / "process-compose.yaml"
    config.write_text('version: "0.5"\nprocesses:\n' + "".join(parts))
    return ["-f", str(config), "-t=false", "--no-server", "-L", str(folder / "process-compose.log")]


def _manager(
    name: str,
    arguments: Callable[[Path, Commands], list[str]],
    version: str = "--version",
    stop_signal: signal.Signals = signal.SIGTERM,
) -> Subject:
    def start(folder: Path, commands: Commands) -> list[str]:
        return [subject.path() or name, *arguments(folder, commands)]

    subject = Subject(name, start, program=name, version=(version,), stop_signal=stop_signal)
    return subject


MANAGERS = (
    _manager(PROCMAN, _procman, version="version"),
    _manager("honcho", _honcho),
    _manager("foreman", _foreman, version="version"),
    _manager("nf", _nf, stop_signal=signal.SIGINT),
    _manager("concurrently", _concurrently),
    _manager("supervisord", _supervisord),
    _manager("hivemind", _hivemind),
    _manager("overmind", _overmind),
    _manager("goreman", _goreman, version="version"),
    _manager("process-compose", _process_compose, version="version"),
)


def before(checkout: Path) -> Subject:
    """procman as it was: from the folder of another checkout, by the same Python."""
    first = f"import sys; sys.path.insert(0, {str(checkout.resolve())!r})"
    code = f"{first}; from procman.cli.main import main; main()"
    command = [sys.executable, "-c", code]
    return Subject(
        BEFORE,
        lambda folder, commands: [*command, *_procman(folder, commands)],
        program=sys.executable,
        version=("-c", code, "version"),
        help=("-c", code, "--help"),
    )
