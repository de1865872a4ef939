"""The benchmarks still run, and see what goes wrong: a smoke test of procman alone, in small."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_a_quick_run_answers_and_finds_no_line_lost() -> None:
    questions = "throughput,into_file,long_line,next_tick,enqueue,followers,logfiles,ps"
    command = [sys.executable, "-m", "bench", "--quick", "--only", questions]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stderr
    rows = [line.split("|") for line in ended.stdout.splitlines() if line.startswith("| procman ")]
    assert len(rows) == len(questions.split(","))
    assert all(cell.strip() for row in rows for cell in row[1:-1])
