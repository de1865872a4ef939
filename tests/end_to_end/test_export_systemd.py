"""`procman export systemd` and `systemd-whole`, run by a real systemd."""

from __future__ import annotations

import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.end_to_end import exporteddemo
from tests.end_to_end.harness import PROCMAN
from tests.end_to_end.output import wait_until
from tests.end_to_end.systemdbox import UNITS, Box, boot
from tests.export.plans import export, plan

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from procman.export.plan import Export, ExportPlan

TELL = 'env >"$PROCMAN_ROOT/$PS.env"; exec sleep 1000'
CRASHING = (
    "processes: {{web: {{restart: on-failure, backoff: {{initial: 50ms, max: {}, give_up_after: 3}}}}}}"
)
MANAGER_OF_USER = """
[Service]
Type=notify
User=root
Delegate=yes
RuntimeDirectory=of-user
Environment=XDG_RUNTIME_DIR=/run/of-user
ExecStart=/lib/systemd/systemd --user
"""
"""As user@.service of systemd, without PAM."""
MIGRATED = "processes: {web: {depends_on: [migrate]}, migrate: {oneshot: true}}"


class Place(NamedTuple):
    """An app that systemd runs."""

    box: Box
    root: Path

    def read(self, name: str) -> str:
        """A file that it has written, once it is there."""
        path = self.root / name
        wait_until(lambda: path.exists() and path.read_text())
        return path.read_text()

    def variables(self, name: str) -> dict[str, str]:
        """What `TELL` has found in its environment."""
        wait_until(lambda: "PROCMAN_ROOT=" in self.read(name))
        return dict(line.split("=", 1) for line in self.read(name).splitlines() if "=" in line)


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    """One that all have: each test has its own app."""
    made = boot(tmp_path_factory.mktemp("box"))
    yield made
    made.close()


@contextmanager
def started(box: Box, exported: Export, root: Path, unit: str = "shop.target") -> Iterator[Place]:
    """An app that runs, or has tried to."""
    box.install(exported)
    try:
        box.run("systemctl", "start", unit)
        yield Place(box, root)
    finally:
        box.remove(exported)


def app(box: Box, name: str, lines: str, yml: str = "", **fields: Any) -> tuple[ExportPlan, Path]:
    """The plan of an app in the box, and its folder."""
    root = box.shared / name
    root.mkdir()
    if lines:
        (root / "Procfile").write_text(lines)
    (root / "procman.yml").write_text(yml)
    place = {"PROCMAN_ROOT": str(root), "PROCMAN_STATE": f"{root}/.procman"}
    fields = {"root": str(root), "place": place, "user": None, "procman": PROCMAN, **fields}
    return plan(lines, yml, **fields), root


def test_each_process_has_its_port_and_all_variables(box: Box) -> None:
    yml = "processes: {web: {instances: 2}}"
    what, root = app(box, "ports", f"web: {TELL}\n", yml, env={"COLOUR": "a b"})
    with started(box, export("systemd", what).export, root) as place:
        first, second = place.variables("web.1.env"), place.variables("web.2.env")
    assert (first["PORT"], second["PORT"], second["PROCMAN_PORT_WEB"]) == ("5000", "5001", "5000")
    assert (first["COLOUR"], first["HOME"], second["PROCMAN_PROCESS"]) == ("a b", "/root", "web.2")


def test_nobody_else_is_told_a_value(box: Box) -> None:
    what, root = app(box, "secrets", f"web: {TELL}\n", env={"TOKEN": "opensesame"})
    exported = export("systemd", what).export
    with started(box, exported, root) as place:
        assert place.variables("web.1.env")["TOKEN"] == "opensesame"
        told = box.systemctl("show", "shop-web@1.service", "shop.target")
        open_ = [file for file in exported.files if stat.S_IMODE(_unit(box, file.path).stat().st_mode) & 0o77]
    assert "opensesame" not in told
    assert not any("opensesame" in file.text for file in open_)


def _unit(box: Box, path: str) -> Path:
    return box.root / UNITS / path


def test_what_a_pipeline_runs_is_stopped_too(box: Box) -> None:
    what, root = app(box, "pipeline", f"web: ({TELL}) | cat\n", timeout=600.0)
    with started(box, export("systemd", what).export, root) as place:
        place.read("web.1.env")
        box.systemctl("stop", "shop-web@1.service")
        assert box.shown("shop-web@1.service", "Result") == "success"


@pytest.mark.parametrize(("longest", "runs"), [("50ms", 3), ("1m", 4)])
def test_it_gives_up_after_as_many_failures(box: Box, longest: str, runs: int) -> None:
    """Of waits that grow, 50 and 100 ms make three of 50 ms: four runs."""
    line = 'web: echo run >>"$PROCMAN_ROOT/runs"; exit 1\n'
    what, root = app(box, f"crashes{runs}", line, CRASHING.format(longest))
    with started(box, export("systemd", what).export, root) as place:
        wait_until(lambda: box.shown("shop-web@1.service", "ActiveState") == "failed")
        assert place.read("runs").split() == ["run"] * runs


@pytest.mark.parametrize(("name", "code", "comes"), [("good", 0, True), ("bad", 1, False)])
def test_who_needs_a_migration_starts_when_it_was_good(box: Box, name: str, code: int, comes: bool) -> None:
    migrate = f'test ! -e "$PROCMAN_ROOT/web.1.env"; echo $? >"$PROCMAN_ROOT/early"; exit {code}'
    what, root = app(box, name, f"web: {TELL}\nmigrate: {migrate}\n", MIGRATED)
    with started(box, export("systemd", what).export, root) as place:
        assert place.read("early") == "0\n"
        active = box.run("systemctl", "is-active", "shop-web@1.service").stdout
    assert active == ("active\n" if comes else "inactive\n")


def test_all_processes_have_the_socket_also_after_a_restart(box: Box) -> None:
    tell = 'readlink /proc/self/fd/3 >>"$PROCMAN_ROOT/socket"'
    tell += '; echo $LISTEN_FDS $LISTEN_FDNAMES >"$PROCMAN_ROOT/$PS"'
    what, root = app(
        box, "socket", f"web: {tell}; exec sleep 1000\n", "processes: {web: {listen: 8080, instances: 2}}"
    )
    with started(box, export("systemd", what).export, root) as place:
        assert (place.read("web.1"), place.read("web.2")) == ("1 8080\n", "1 8080\n")
        box.systemctl("restart", "shop-web@2.service")
        wait_until(lambda: len(place.read("socket").split()) == 3)
        assert len(set(place.read("socket").split())) == 1


def test_a_process_that_is_no_longer_exported_goes_with_the_next_restart(box: Box) -> None:
    what, root = app(box, "fewer", f"web: {TELL}\n", "processes: {web: {instances: 2}}")
    fewer = what._replace(types=tuple(each._replace(processes=each.processes[:1]) for each in what.types))
    with started(box, export("systemd", what).export, root) as place:
        place.read("web.2.env")
        _unit(box, "shop-web@2.env").unlink()
        box.install(export("systemd", fewer).export)
        box.systemctl("restart", "shop.target")
        states = [box.shown(f"shop-web@{number}.service", "ActiveState") for number in (1, 2)]
        assert states == ["active", "inactive"]
        assert box.run("systemctl", "start", "shop-web@2.service").returncode == 1


def test_who_stops_all_units_by_name_waits_for_their_ends(box: Box) -> None:
    line = "web: trap 'sleep 0.3; exit' TERM; touch $PROCMAN_ROOT/up; while :; do sleep 0.05; done\n"
    what, root = app(box, "slow", line)
    with started(box, export("systemd", what).export, root) as place:
        wait_until((place.root / "up").exists)
        box.systemctl("stop", "shop.target", "shop-*")
        assert box.shown("shop-web@1.service", "ActiveState") == "inactive"


def test_it_is_up_when_it_says_so(box: Box) -> None:
    trap = 'trap "systemd-notify --ready" USR1; touch $PROCMAN_ROOT/there'
    line = f"web: {trap}; while :; do sleep 0.1; done\n"
    what, root = app(box, "ready", line, "processes: {web: {ready: {notify: true, within: 1h}}}")
    exported = export("systemd", what).export
    box.install(exported)
    try:
        box.systemctl("start", "--no-block", "shop.target")
        wait_until((root / "there").exists)
        assert box.shown("shop-web@1.service", "ActiveState") == "activating"
        box.systemctl("kill", "--kill-whom=main", "--signal=USR1", "shop-web@1.service")
        wait_until(lambda: box.shown("shop-web@1.service", "ActiveState") == "active")
    finally:
        box.remove(exported)


def test_a_tick_that_comes_while_the_task_runs_is_skipped(box: Box) -> None:
    command = 'echo [ >>"$PROCMAN_ROOT/runs"; sleep 2.5; echo ] >>"$PROCMAN_ROOT/runs"'
    yml = f"tasks: {{t: {{command: '{command}', schedule: every second, missed: skip}}}}"
    what, root = app(box, "ticks", "", yml)
    with started(box, export("systemd", what).export, root) as place:
        wait_until(lambda: len(place.read("runs").split()) > 4)
        assert place.read("runs").split()[:4] == ["[", "]", "[", "]"]
        box.systemctl("stop", "shop.target")
        wait_until(lambda: box.shown("shop-t.service", "ActiveState") in ("inactive", "failed"))


def test_other_tasks_run_in_the_scheduler(box: Box) -> None:
    command = "echo $PROCMAN_ATTEMPT >$PROCMAN_ROOT/ran"
    yml = f"tasks: {{t: {{command: {command}, schedule: every second, retries: 1}}}}"
    what, root = app(box, "scheduler", "", yml)
    with started(box, export("systemd", what).export, root) as place:
        assert place.read("ran") == "1\n"
        assert box.shown("shop-scheduler.service", "ActiveState") == "active"
        box.systemctl("stop", "shop-scheduler.service")
        assert box.shown("shop-scheduler.service", "Result") == "success"


def test_the_whole_app_is_up_when_all_is_ready_reloads_and_stops(box: Box) -> None:
    lines = f"web: {TELL}\nworker: exec sleep 1000\n"
    what, root = app(box, "whole", lines, "processes: {web: {restart: always}, worker: {restart: always}}")
    with started(box, export("systemd-whole", what).export, root, "shop.service") as place:
        assert box.shown("shop.service", "StatusText") == "2 processes"
        assert place.variables("web.1.env")["PORT"] == "5000"
        box.systemctl("reload", "shop.service")
        wait_until(lambda: box.shown("shop.service", "ActiveState") == "active")
        box.systemctl("stop", "shop.service")
        assert box.shown("shop.service", "Result") == "success"


def test_the_demo_runs_with_its_tasks(box: Box) -> None:
    """One by its timer, another one by the scheduler, as the app asks for it."""
    demo = exporteddemo.copy(box.shared)
    units = box.shared / "units"
    exporteddemo.export(demo, "systemd", units)
    paths = [str(path) for path in units.iterdir() if path.suffix != ".env"]
    box.systemctl("link", *paths)
    box.systemctl("start", "shop.target")
    try:
        exporteddemo.use(demo, 5000, box.run)
        assert box.shown("shop-remind_of_registration.timer", "ActiveState") == "active"
        assert box.shown("shop-scheduler.service", "ActiveState") == "active"
    finally:
        box.systemctl("stop", "shop.target", "shop-*")
        for path in paths:
            _unit(box, path.rpartition("/")[2]).unlink()
        box.systemctl("daemon-reload")


def test_units_of_a_user_run_for_the_user(box: Box) -> None:
    what, root = app(box, "user", f"web: {TELL}\n", for_user=True)
    folder = box.root / "root/.config/systemd/user"
    folder.mkdir(parents=True)
    for file in export("systemd", what).export.files:
        (folder / file.path).write_text(file.text)
    _unit(box, "of-user.service").write_text(MANAGER_OF_USER)
    box.systemctl("daemon-reload")
    box.systemctl("start", "of-user.service")
    try:
        as_user = ("env", "XDG_RUNTIME_DIR=/run/of-user", "systemctl", "--user")
        done = box.run(*as_user, "enable", "--now", "shop.target")
        assert done.returncode == 0, done.stderr + box.journal()
        assert Place(box, root).variables("web.1.env")["PORT"] == "5000"
    finally:
        box.systemctl("stop", "of-user.service")
