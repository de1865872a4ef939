"""The command line of the benchmark."""

import argparse
import contextlib
import importlib
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench import proc
from bench.context import Bench
from bench.machine import describe
from bench.measure import ask
from bench.peers import MANAGERS, PROCMAN, before
from bench.question import Answer, Question
from bench.report import goals, report, section
from bench.schedulers import CRON, SCHEDULERS
from bench.subjects import Subject
from bench.tools import build
from bench.yardsticks import YARDSTICKS

QUESTIONS = (
    "throughput",
    "into_file",
    "cpu",
    "burst",
    "first_line",
    "stop",
    "version",
    "other_files",
    "idle",
    "long_line",
    "followers",
    "logfiles",
    "ps",
    "restart",
    "probes",
    "no_downtime",
    "lateness",
    "same_minute",
    "ten_thousand",
    "next_tick",
    "run_task",
    "enqueue",
    "million",
    "hosts_minute",
    "hosts_jobs",
    "hosts_idle",
    "hosts_million",
)
NOT_QUICK = ("million", "hosts_million")
DOCUMENT = Path("docs/benchmarks.md")


def main(argv: Sequence[str] | None = None) -> int:
    """Asks all questions or those of --only; a full run also writes the document."""
    options = _parser().parse_args(argv)
    names = options.only.split(",") if options.only else _default_names(options)
    if unknown := set(names) - set(QUESTIONS):
        print(
            f"no such question: {', '.join(sorted(unknown))}; there are {', '.join(QUESTIONS)}",
            file=sys.stderr,
        )
        return 2
    if options.with_cron and os.geteuid() != 0:
        print("--with-cron: only root may write into /etc/cron.d", file=sys.stderr)
        return 2
    return _run([_question(name) for name in names], options)


def _default_names(options: argparse.Namespace) -> list[str]:
    return [name for name in QUESTIONS if not (options.quick and name in NOT_QUICK)]


def alone(question: Question) -> None:
    """Runs one question as a program of its own."""
    sys.exit(_run([question], _parser().parse_args()))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench", description="Measures procman beside its peers.")
    parser.add_argument("--only", metavar="NAME", help=f"questions, by commas: {', '.join(QUESTIONS)}")
    parser.add_argument(
        "--peers", metavar="A,B", help="only these beside procman, yardsticks left out; '' for none"
    )
    parser.add_argument(
        "--before", type=Path, metavar="DIR", help="procman of another checkout beside this one"
    )
    parser.add_argument(
        "--rounds", type=int, metavar="N", help="rounds of each question in place of its own number"
    )
    parser.add_argument(
        "--quick", action="store_true", help="procman alone, one round, small sizes: a smoke test"
    )
    parser.add_argument(
        "--with-cron", action="store_true", help="cron too: as root, by a file of its own in /etc/cron.d"
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help=f"where a full run writes: {DOCUMENT}")
    return parser


def _question(name: str) -> Question:
    question = importlib.import_module(f"bench.questions.{name}").QUESTION
    assert isinstance(question, Question)
    return question


def _run(questions: Sequence[Question], options: argparse.Namespace) -> int:
    try:
        return _ask_all(questions, options)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


def _ask_all(questions: Sequence[Question], options: argparse.Namespace) -> int:
    with _bench(options) as bench:
        machine = describe(bench)
        print("\n".join(machine), flush=True)
        answers = [_asked(bench, question) for question in questions]
    print("\n".join(["", *goals(answers)]), flush=True)
    text = report(machine, answers)
    full = not (
        options.quick
        or options.only
        or options.peers is not None
        or options.before
        or len(questions) < len(QUESTIONS)
    )
    output = options.output or (DOCUMENT if full else None)
    if output:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text)
    return _exit_code(answers)


def _asked(bench: Bench, question: Question) -> Answer:
    begin = time.monotonic()
    answer = ask(bench, question)
    print(f"{question.name}: {time.monotonic() - begin:.0f} s", file=sys.stderr, flush=True)
    print(f"\n{section(answer)}", flush=True)
    return answer


def _exit_code(answers: Sequence[Answer]) -> int:
    """1 when procman itself could not be measured or had a fault in a line; a slow machine is no failure."""
    failed = any(PROCMAN in answer.failures for answer in answers)
    faults = [
        goal.reached(answer) for answer in answers for goal in answer.question.goals if goal.at_most == 0
    ]
    return 1 if failed or False in faults else 0


@contextlib.contextmanager
def _bench(options: argparse.Namespace) -> Iterator[Bench]:
    """Sets the process up, and leaves neither a process nor a file behind, Ctrl-C and TERM included."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    proc.adopt_orphans()
    chosen = _chosen(options)
    with tempfile.TemporaryDirectory(prefix="procman-bench-") as folder:
        tools = build(Path(folder))
        there = tuple(subject for subject in chosen if subject.path())
        missing = tuple(subject.name for subject in chosen if not subject.path())
        try:
            yield Bench(Path(folder), tools, there, missing, options.quick, options.rounds)
        finally:
            proc.end_all_but(())


def _chosen(options: argparse.Namespace) -> list[Subject]:
    everybody = [*MANAGERS, *SCHEDULERS, *YARDSTICKS]
    if not options.with_cron:
        everybody.remove(CRON)
    names = {subject.name for subject in everybody}
    if options.peers is not None:
        names = {PROCMAN, *options.peers.split(",")}
    elif options.quick:
        names = {PROCMAN}
    chosen = [subject for subject in everybody if subject.name in names]
    return chosen + ([before(options.before)] if options.before else [])
