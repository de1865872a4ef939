"""How long do `import` and `export` take?

Wall time of the whole command, its output counted and thrown away: imports of a crontab of 200 lines, of a
supervisord.conf of 40 programs and of a compose file of 20 services; and the export to Kubernetes of what was
imported from supervisord. Each import says on stderr what it could not carry over, or carries it: the number
of processes or tasks is checked.
"""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from bench.cli import alone
from bench.context import Bench
from bench.goals import procman
from bench.peers import PROCMAN
from bench.question import Column, Goal, Question, Sample
from bench.subjects import Subject, clean_environment

LINES, PROGRAMS, SERVICES = 200, 40, 20
AT_MOST = 300


def prepare(bench: Bench, subject: Subject) -> int:
    """One run to warm up."""
    sample(bench, subject, 0)
    return 0


def sample(bench: Bench, subject: Subject, _size: int) -> Sample:
    """Each file once."""
    folder = bench.folder / "files"
    folder.mkdir(exist_ok=True)
    (folder / "crontab").write_text("".join(_crontab()))
    (folder / "supervisord.conf").write_text("".join(_supervisord()))
    (folder / "compose.yml").write_text("services:\n" + "".join(_compose()))
    figures = {
        "crontab": _milliseconds(bench, subject, folder, "import", "crontab", "    command:", LINES),
        "supervisord": _milliseconds(
            bench, subject, folder, "import", "supervisord.conf", ": ./worker", PROGRAMS
        ),
        "compose": _milliseconds(bench, subject, folder, "import", "compose.yml", ": ./serve", SERVICES),
    }
    _write_app(bench, subject, folder)
    text = "kind: Deployment"
    figures["export"] = _milliseconds(bench, subject, folder / "app", "export", "kubernetes", text, PROGRAMS)
    return figures


def _crontab() -> Iterator[str]:
    yield "MAILTO=ops@example.com\nCRON_TZ=Europe/Berlin\n"
    for number in range(LINES):
        minute, hour, day = number % 60, number % 24, ("*", "1-5", "mon,thu", "0")[number % 4]
        command = f"cd /srv/app{number % 7} && ./task{number} --name 'a b' >> log/{number}.log 2>&1"
        yield f"# what task {number} does\n{minute} {hour} * * {day} {command}\n"


def _supervisord() -> Iterator[str]:
    for number in range(PROGRAMS):
        yield (
            f"[program:worker{number}]\ncommand=./worker{number} --queue %(program_name)s\nnumprocs=1\n"
            f'environment=LEVEL="debug",NUMBER="{number}"\nautorestart=unexpected\nstopsignal=INT\n'
            "stopwaitsecs=30\nstartretries=5\npriority=10\nstdout_logfile=/var/log/worker.log\n\n"
        )


def _compose() -> Iterator[str]:
    for number in range(SERVICES):
        yield (
            f'  service{number}:\n    build: .\n    command: ["./serve", "--number", "{number}"]\n'
            f"    environment: {{LEVEL: debug, NUMBER: '{number}'}}\n    ports: ['{8000 + number}:8000']\n"
            "    restart: on-failure\n    stop_grace_period: 30s\n    networks: [inner]\n"
            "    healthcheck: {test: [CMD, ./healthy], interval: 10s, retries: 3}\n"
        )
        yield f"    depends_on: [service{number - 1}]\n" if number else ""


def _write_app(bench: Bench, subject: Subject, folder: Path) -> None:
    if not (folder / "app").exists():
        _run(bench, subject, folder, "import", "supervisord.conf", "--write", "-d", "app")


def _milliseconds(bench: Bench, subject: Subject, folder: Path, *words: str | int) -> float:
    """Of a command with a file or format, in whose output a text comes so often."""
    command, file, text, count = words
    begin = time.monotonic()
    out = _run(bench, subject, folder, str(command), str(file))
    taken = (time.monotonic() - begin) * 1000
    found = out.count(str(text))
    if found != count:
        raise RuntimeError(f"{command} {file}: '{text}' comes {found} times, not {count}")
    return taken


def _run(bench: Bench, subject: Subject, folder: Path, *words: str) -> str:
    ended = subprocess.run(
        [subject.path() or subject.program, *words],
        cwd=folder,
        env=clean_environment(bench.folder),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    return ended.stdout


QUESTION = Question(
    name="other_files",
    title="Import and export",
    text=__doc__,
    columns=(
        Column("crontab", f"crontab of {LINES} lines, ms", 0),
        Column("supervisord", f"supervisord.conf of {PROGRAMS} programs, ms", 0),
        Column("compose", f"compose file of {SERVICES} services, ms", 0),
        Column("export", f"export of {PROGRAMS} processes to Kubernetes, ms", 0),
    ),
    prepare=prepare,
    sample=sample,
    only=frozenset({PROCMAN}),
    rounds=7,
    goals=(
        Goal("ms for the crontab", procman("crontab"), at_most=AT_MOST),
        Goal("ms for supervisord.conf", procman("supervisord"), at_most=AT_MOST),
        Goal("ms for the compose file", procman("compose"), at_most=AT_MOST),
    ),
)

if __name__ == "__main__":
    alone(QUESTION)
