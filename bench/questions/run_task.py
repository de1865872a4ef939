"""What does `procman run task` cost on top of the command itself?

Wall time of `procman run task noop`, whose command is /bin/true, with the row that it leaves in the history,
and of the shell that runs /bin/true alone.
"""

import subprocess
import time

from bench import yardsticks
from bench.cli import alone
from bench.context import Bench
from bench.load import RunError
from bench.peers import PROCMAN
from bench.question import Answer, Column, Goal, Question, Sample
from bench.schedulers import Job, When
from bench.schedulers import procman as scheduler
from bench.subjects import Subject, clean_environment, find

COMMAND = "/bin/true"


def prepare(bench: Bench, subject: Subject) -> int:
    """Writes procman.yml, and one run to warm up."""
    scheduler(bench.folder, [Job("noop", COMMAND, When.EACH_MINUTE)])
    sample(bench, subject, 0)
    return 0


def sample(bench: Bench, subject: Subject, _size: int) -> Sample:
    """One run."""
    task = [find(PROCMAN) or PROCMAN, "run", "-d", str(bench.folder), "task", "noop"]
    argv = task if subject.name == PROCMAN else ["/bin/sh", "-c", COMMAND]
    begin = time.monotonic()
    ended = subprocess.run(
        argv, env=clean_environment(bench.folder), stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    seconds = time.monotonic() - begin
    if ended.returncode:
        raise RunError(ended.stderr.decode().strip().rpartition("\n")[2])
    return {"run": seconds * 1000}


def _more(answer: Answer) -> float | None:
    mine, bare = answer.figure(PROCMAN, "run"), answer.figure(yardsticks.SHELL, "run")
    return None if mine is None or bare is None else mine - bare


QUESTION = Question(
    name="run_task",
    title="A task by hand",
    text=__doc__,
    columns=(Column("run", "run, ms"),),
    prepare=prepare,
    sample=sample,
    only=frozenset({PROCMAN, yardsticks.SHELL}),
    rounds=21,
    goals=(Goal("ms more than the command itself", _more, at_most=80),),
)

if __name__ == "__main__":
    alone(QUESTION)
