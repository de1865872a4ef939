"""The files of an app are read again at bad moments."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

import pytest

from procman.control import client
from tests.end_to_end.harness import PROCMAN, PYTHON
from tests.end_to_end.output import wait_until
from tests.end_to_end.test_reload import STAY, pids, started

if TYPE_CHECKING:
    from tests.end_to_end.harness import App, Running

DEAF = "trap '' TERM; while :; do sleep 0.05; done"
SERVE = f"exec {PYTHON} -m http.server $PORT"


def reloading(app: App, running: Running, *words: str) -> Running:
    """A reload that has begun."""
    before = len(running.out.data)
    asked = app.launch(*PROCMAN, "reload", *words)
    running.wait_for("reload.* requested", before)
    return asked


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_base() -> int:
    """Ports for five types, that nobody has."""
    bases = range(21000, 31000, 7)
    return next(base for base in bases if not any(listens(base + 100 * each) for each in range(5)))


def one_and(app: App, *words: str, **others: str) -> Running:
    """An app whose `web` says so and obeys nobody."""
    app.procfile(web=f"echo one; {DEAF}", **others)
    running = started(app, *words)
    running.wait_for(r"\| one")
    return running


def test_a_process_that_does_not_obey_is_killed_and_replaced(app: App) -> None:
    running = one_and(app, "-t", "2", worker=STAY)
    before = pids(app)
    app.procfile(web=f"echo two; {STAY}", worker=STAY)
    late = app.do("reload", "--timeout", "0.1")
    assert (late.code, late.out) == (1, "")
    assert "not done after 0.1 s; procman goes on with it" in late.err
    running.wait_for(r"\| two")
    after = pids(app)
    assert (after["worker.1"], after["web.1"] == before["web.1"]) == (before["worker.1"], False)
    assert app.do("reload").out == "nothing has changed\n"
    assert running.stop() == 0


def test_the_last_of_two_reloads_counts_while_the_old_process_still_stops(app: App) -> None:
    running = one_and(app, "-t", "2")
    app.procfile(web=f"echo two; {STAY}")
    first = reloading(app, running)
    app.procfile(web=f"echo three; {STAY}")
    second = reloading(app, running)
    assert (first.end(), second.end()) == (0, 0)
    running.wait_for(r"\| three")
    assert (
        first.out.text == second.out.text == f"web.1 is running (pid {pids(app)['web.1']}): command changed\n"
    )
    assert running.said_by("web.1") == ["one", "three"]
    assert running.stop() == 0


def test_two_at_the_same_time_restart_once(app: App) -> None:
    app.procfile(web=f"echo one; {STAY}")
    running = started(app)
    running.wait_for(r"\| one")
    app.procfile(web=f"echo two; {STAY}")
    both = [app.launch(*PROCMAN, "reload") for _ in range(2)]
    assert [each.end() for each in both] == [0, 0]
    told = f"web.1 is running (pid {pids(app)['web.1']}): command changed\n"
    assert {each.out.text for each in both} == {told, "nothing has changed\n"}
    assert running.stop() == 0
    assert running.said_by("web.1") == ["one", "two"]


def test_one_that_does_not_wait_says_how_things_are(app: App) -> None:
    running = one_and(app, "-t", "1", other=STAY, old=DEAF)
    app.procfile(web=f"echo two; {STAY}", other=STAY, waits=STAY, new=STAY)
    told = app.do("reload", "--no-wait")
    assert (told.code, told.err) == (0, "")
    lines = [line.partition(" is ") for line in told.out.splitlines()]
    states = {name: how.split()[0].rstrip(":") for name, _, how in lines}
    running.wait_for(r"\| two")
    wait_until(lambda: pids(app).keys() == {"web.1", "other.1", "waits.1", "new.1"})
    assert running.stop() == 0
    assert states.pop("waits.1") == "waiting", "it is wanted, once its port is free"
    assert states == {"web.1": "restarting", "new.1": "starting", "old.1": "stopping"}


def test_a_type_that_comes_back_while_it_still_stops_runs_again(app: App) -> None:
    app.procfile(web=STAY, old=DEAF)
    running = started(app, "-t", "1")
    before = running.pid_of("old.1")
    app.procfile(web=STAY)
    removing = reloading(app, running)
    app.procfile(web=STAY, old=f"echo back; {STAY}")
    assert app.do("reload").code == 0
    assert removing.end() == 0
    running.wait_for(r"\| back")
    assert pids(app)["old.1"] != before
    assert running.stop() == 0


def test_a_process_that_fails_meanwhile_ends_all_and_nobody_waits_for_ever(app: App) -> None:
    running = one_and(app, "-t", "1", worker="mkfifo go; read x < go; exit 7")
    wait_until((app.root / "go").exists)
    app.write("Procfile", f"web: echo two; {STAY}\nworker: mkfifo go; read x < go; exit 7\n")
    asked = reloading(app, running)
    (app.root / "go").write_text("\n")
    assert running.end() == 7
    asked.end()
    assert running.said_by("web.1") == ["one"]


def test_one_that_comes_while_all_stop_is_refused(app: App) -> None:
    running = one_and(app, "-t", "1")
    app.do("stop", "--no-wait")
    app.procfile(web=f"echo two; {STAY}")
    told = app.do("reload")
    assert (told.code, told.err) == (1, "procman: procman is stopping\n")
    assert running.end() == 137


@pytest.mark.parametrize(
    ("before", "after"),
    [("web worker mail", "new web worker mail"), ("new web mail", "web mail"), ("web mail", "mail web")],
)
def test_real_listeners_change_their_ports_without_a_collision(app: App, before: str, after: str) -> None:
    base = free_base()
    app.procfile(**dict.fromkeys(before.split(), SERVE))
    running = started(app, "-p", str(base))
    wait_until(lambda: all(listens(base + 100 * each) for each in range(len(before.split()))))
    app.procfile(**dict.fromkeys(after.split(), SERVE))
    assert app.do("reload").code == 0
    wait_until(lambda: all(listens(base + 100 * each) for each in range(len(after.split()))))
    rows = app.listed("ps")
    assert [(row["name"], row["phase"], row["port"]) for row in rows] == [
        (f"{name}.1", "running", base + 100 * each) for each, name in enumerate(after.split())
    ]
    assert not listens(base + 100 * len(after.split()))
    assert "already in use" not in running.out.text
    assert running.stop() == 0


def test_its_json_has_the_documented_keys(app: App) -> None:
    app.procfile(web=STAY, old=STAY)
    running = started(app)
    app.procfile(web=f"echo two; {STAY}", new=STAY)
    app.tasks("hello: {command: echo hello, schedule: '@yearly'}")
    told = app.do("reload", "--json")
    found = json.loads(told.out)
    assert found.keys() == {"changes", "tasks", "processes"}
    assert {each["name"]: (each["change"], each["what"]) for each in found["changes"]} == {
        "web.1": ("changed", ["command"]),
        "new.1": ("new", []),
        "old.1": ("removed", []),
    }
    assert found["tasks"] == [{"name": "hello", "change": "new", "what": []}]
    states = {row["name"]: row["phase"] for row in found["processes"]}
    assert states == {"web.1": "running", "new.1": "running", "old.1": "down"}
    assert running.stop() == 0


def test_without_a_procfile_nothing_changes(app: App) -> None:
    app.procfile(web=STAY, worker=STAY)
    running = started(app)
    before = pids(app)
    (app.root / "Procfile").unlink()
    for words in ((), ("--json",), ("--no-wait",)):
        told = app.do("reload", *words)
        assert (told.code, told.out, "Procfile" in told.err) == (2, "", True)
    assert pids(app) == before
    assert running.stop() == 0


def test_of_three_hundred_types_the_one_that_has_changed_is_restarted(app: App) -> None:
    types = {f"t{number}": "exec sleep 1000" for number in range(300)}
    app.procfile(**types)
    running = started(app)
    before = pids(app)
    app.procfile(**types | {"t150": "exec sleep 1001"})
    assert app.do("reload").out.endswith(": command changed\n")
    after = pids(app)
    assert len(after) == 300
    assert [name for name, pid in after.items() if pid != before[name]] == ["t150.1"]
    assert running.stop() == 0


def test_a_hundred_in_a_row_leave_no_descriptors_and_no_processes(app: App) -> None:
    app.procfile(web=STAY)
    running = started(app)
    folder, supervisor = str(app.root / ".procman"), running.supervisor()
    for number in range(100):
        app.write("Procfile", f"web: : {number}; exec sleep 1000\nt{number % 3}: exec sleep 1000\n")
        app.tasks(f"job{number}: {{command: echo {number}, schedule: '@yearly'}}")
        client.ask(folder, "reload", timeout=20.0)
        if number == 20:
            files = supervisor.num_fds()
    assert supervisor.num_fds() <= files + 1
    assert len(supervisor.children()) == 2
    assert pids(app).keys() == {"web.1", "t0.1"}
    assert running.stop() == 0


@pytest.mark.parametrize("removed", [False, True])
def test_a_task_that_runs_goes_on_as_it_began(app: App, removed: bool) -> None:
    app.procfile(web=STAY)
    app.write("go.sh", "mkfifo go && echo begun && read x < go && echo ended\n")
    app.tasks("slow: {command: sh go.sh, schedule: every second}")
    running = started(app)
    running.wait_for(r"slow\.\d+ +\| begun")
    app.procfile(web=f"echo two; {STAY}")
    app.tasks("other: {command: echo other, schedule: '@yearly'}" if removed else "slow: {command: exit 3}")
    assert app.do("reload").code == 0
    running.wait_for(r"\| two")
    (app.root / "go").write_text("\n")
    running.wait_for(r"slow\.\d+ +\| ended")
    wait_until(lambda: any(run.outcome for run in app.runs))
    assert running.stop() == 0
    assert app.runs[0].code == 0


def test_a_state_folder_that_is_named_meanwhile_hides_no_running_app(app: App) -> None:
    app.procfile(web=STAY)
    running = started(app)
    app.write("procman.yml", "state_dir: elsewhere\n")
    reload = app.do("reload")
    assert (reload.code, "the state folder cannot change while procman runs" in reload.err) == (2, True)
    assert app.do("ps").code == 0
    assert app.do("start", "--detach").code == 3
    assert not (app.root / "elsewhere" / "control.sock").exists()
    (app.root / "procman.yml").unlink()
    assert app.do("ps").code == 0
    assert running.stop() == 0
