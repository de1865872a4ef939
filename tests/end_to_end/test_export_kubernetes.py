"""What `procman export kubernetes` writes, read by kubectl, a validator, and the cron that CronJobs have."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from procman.core.schedule.schedule import ScheduleError, parse, upcoming
from procman.export.kubernetes import cronjobs
from tests.export.yamlreaders import NEEDS_KUBECTL, by_kubectl

if TYPE_CHECKING:
    from collections.abc import Callable

    from procman.core.schedule.schedule import Schedule

DEMO = Path(__file__).parent.parent.parent / "examples" / "registration"
GO = Path("/usr/share/gocode")
PROGRAM = """
package main

import (
	"bufio"
	"fmt"
	"github.com/robfig/cron"
	"os"
	"strconv"
	"strings"
	"time"
)

func main() {
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); fmt.Println() {
		words := strings.Split(lines.Text(), "|")
		schedule, err := cron.ParseStandard("TZ=" + words[0] + " " + words[1])
		if err != nil {
			fmt.Print(err)
			continue
		}
		start, _ := strconv.ParseInt(words[2], 10, 64)
		at := time.Unix(start, 0)
		for left, _ := strconv.Atoi(words[3]); left > 0; left-- {
			at = schedule.Next(at)
			fmt.Print(at.Unix(), " ")
		}
	}
}
"""
NEEDS_GO = pytest.mark.skipif(
    shutil.which("go") is None or not (GO / "src/github.com/robfig/cron").is_dir(),
    reason="needs robfig/cron (Debian: golang-go, golang-github-robfig-cron-dev)",
)
ZONES = """
    UTC Europe/Berlin America/New_York Australia/Lord_Howe Africa/Cairo Africa/Casablanca America/Havana
    America/Santiago Asia/Beirut Atlantic/Azores Asia/Kolkata America/St_Johns Antarctica/Troll
    America/Nuuk Asia/Gaza Pacific/Chatham America/Asuncion
""".split()
STARTS = [datetime(2026, *day, 12, tzinfo=UTC) for day in [(2, 14), (3, 7), (3, 28), (4, 4), (4, 23)]]
STARTS += [datetime(2026, *day, 12, tzinfo=UTC) for day in [(9, 5), (9, 26), (10, 24), (10, 31), (12, 31)]]
TICKS, SCHEDULES = 40, int(os.environ.get("PROCMAN_EXAMPLES", "200"))


@NEEDS_KUBECTL
def test_the_demo_is_exported_by_its_command_and_read_by_kubectl(tmp_path: Path) -> None:
    app = shutil.copytree(DEMO, tmp_path / "registration")
    words = [sys.executable, "-m", "procman", "export", "kubernetes", "."]
    done = subprocess.run(words, cwd=app, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    file = app / "registration.yaml"
    assert file.stat().st_mode & 0o777 == 0o600
    kinds = [each["kind"] for each in by_kubectl(file.read_text())]
    assert kinds.count("Deployment") == 5
    assert kinds.count("CronJob") == 1


@pytest.mark.parametrize("version", ["1.25", "1.31", "1.36"])
def test_a_validator_finds_nothing_in_the_demo(tmp_path: Path, version: str) -> None:
    app = shutil.copytree(DEMO, tmp_path / "registration")
    words = [sys.executable, "-m", "procman", "export", "kubernetes", "."]
    assert subprocess.run(words, cwd=app, capture_output=True, timeout=60, check=False).returncode == 0
    words = [sys.executable, "-m", "kubernetes_validate", "--strict", "-k", version, "registration.yaml"]
    done = subprocess.run(words, cwd=app, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("INFO") == 11, done.stdout


@pytest.fixture
def their_ticks(tmp_path: Path) -> Callable[[list[str]], list[list[int]]]:
    """The next ticks by robfig/cron, for lines `ZONE|SCHEDULE|START|COUNT`."""
    (tmp_path / "main.go").write_text(PROGRAM)
    environment = {**os.environ, "GO111MODULE": "off", "GOPATH": str(GO), "GOCACHE": str(tmp_path / "cache")}
    words = ["go", "build", "-o", "ticks", "main.go"]
    subprocess.run(words, cwd=tmp_path, env=environment, check=True, timeout=300)

    def ask(lines: list[str]) -> list[list[int]]:
        done = subprocess.run(
            [tmp_path / "ticks"],
            input="\n".join(lines),
            capture_output=True,
            text=True,
            check=True,
            timeout=300,
        )
        return [[int(word) for word in line.split()] for line in done.stdout.splitlines()]

    return ask


@NEEDS_GO
def test_cronjobs_tick_as_the_tasks_do(their_ticks: Callable[[list[str]], list[list[int]]]) -> None:
    chance = random.Random(11)
    cases: list[tuple[Schedule, cronjobs.Timetable, datetime]] = []
    while len(cases) < SCHEDULES:
        schedule = some_schedule(chance)
        if schedule and (when := cronjobs.timetable(schedule)):
            cases.append((schedule, when, chance.choice(STARTS)))
    asked = [f"{when.zone}|{when.schedule}|{start.timestamp():.0f}|{TICKS}" for _, when, start in cases]
    for (schedule, when, start), theirs in zip(cases, their_ticks(asked), strict=True):
        ours = [
            int(each.tick.timestamp())
            for each in islice(upcoming(schedule, start), TICKS * 3)
            if each.dst != "dropped"
        ]
        assert_same(ours, theirs, f"{schedule} as {when} from {start}")


def assert_same(ours: list[int], theirs: list[int], what: str) -> None:
    """As far as theirs go: it looks for five years."""
    theirs = [tick for tick in theirs if tick > 0]
    assert theirs, what
    assert ours[: len(theirs)] == theirs, what


def some_schedule(chance: random.Random) -> Schedule | None:
    zone = ZoneInfo(chance.choice(ZONES))
    if chance.random() < 0.1:
        unit = chance.choice(["minutes", "hours", "days", "weeks"])
        return parse(f"every {chance.choice([1, 2, 3, 5, 7, 10, 15, 30, 60, 90])} {unit}", zone)
    bounds = [(0, 59), chance.choice([(0, 23), (0, 3)]), (1, 31), (1, 12), (0, 7)]
    try:
        return parse(" ".join(some_field(chance, *each) for each in bounds), zone)
    except ScheduleError:  # a day that never comes
        return None


def some_field(chance: random.Random, low: int, high: int) -> str:
    first, last = sorted(chance.sample(range(low, high + 1), 2))
    return chance.choice(
        ["*", "*", f"*/{last or 1}", str(first), str(last), f"{first}-{last}", f"{first}-{last}/2"]
    )
