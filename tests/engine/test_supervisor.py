"""What the supervisor does about what happens, replayed without processes or time."""

from __future__ import annotations

from signal import SIGHUP, SIGINT, SIGKILL, SIGTERM, SIGUSR1

import pytest

from procman.core.life.child import KILLED_SECONDS
from tests.engine.play import Play


def test_processes_are_started_one_after_the_other_in_their_order() -> None:
    play = Play("web.1 worker.1")
    assert play.supervisor.start_next(0.0)
    assert play.told() == ["spawn web.1", "web.1 started (pid 101)"]
    assert play.supervisor.start_next(0.0)
    assert play.told() == ["spawn worker.1", "worker.1 started (pid 102)"]
    assert not play.supervisor.start_next(0.0)
    assert not play.supervisor.finished


def test_the_end_of_one_process_stops_all() -> None:
    play = Play("web.1 worker.1 redis.1").start().exit("web.1", 3)
    assert play.told() == [
        "SIGTERM to worker.1",
        "SIGTERM to redis.1",
        "web.1 exited with code 3",
        "web.1 has ended, stopping",
        "close web.1",
    ]
    play.exit("worker.1", -SIGTERM).exit("redis.1", 0)
    assert play.told() == [
        "worker.1 terminated by SIGTERM",
        "close worker.1",
        "redis.1 exited with code 0",
        "close redis.1",
    ]
    assert play.supervisor.finished
    assert play.supervisor.exit_code == 3


@pytest.mark.parametrize(
    ("code", "expected"), [(0, 0), (1, 1), (3, 3), (127, 127), (255, 255), (-SIGKILL, 137), (-SIGTERM, 143)]
)
def test_the_exit_code_is_that_of_the_process_that_ended_first(code: int, expected: int) -> None:
    play = Play("web.1 worker.1").start().exit("web.1", code).exit("worker.1", 99)
    assert play.supervisor.finished
    assert play.supervisor.exit_code == expected


@pytest.mark.parametrize("number", [SIGINT, SIGTERM, SIGHUP])
def test_a_stop_by_signal_that_all_obey_exits_0(number: int) -> None:
    play = Play("web.1 worker.1").start().signal(number).exit("web.1", -SIGTERM).exit("worker.1", 7)
    assert play.supervisor.finished
    assert play.supervisor.exit_code == 0


def test_who_does_not_obey_is_told_each_second_and_killed_after_the_timeout() -> None:
    play = Play("web.1 worker.1", timeout=3).start().signal(SIGTERM).exit("web.1")
    play.told()
    assert play.at(3.5).told() == [
        "waiting for worker.1 (pid 102), SIGKILL in 2 s",
        "waiting for worker.1 (pid 102), SIGKILL in 1 s",
        "sending SIGKILL to worker.1 (pid 102)",
        "SIGKILL to worker.1",
    ]
    play.exit("worker.1", -SIGKILL)
    assert play.supervisor.finished


def test_a_process_that_had_to_be_killed_after_a_stop_makes_the_exit_code_137() -> None:
    play = Play("web.1", timeout=1).start().signal(SIGTERM).at(1.5).exit("web.1", -SIGKILL)
    assert play.supervisor.exit_code == 137


def test_a_run_that_was_killed_before_the_stop_is_no_fault_of_the_formation() -> None:
    play = Play("web.1").start()
    play.supervisor.processes.killed = True
    assert play.signal(SIGTERM).exit("web.1", -SIGTERM).supervisor.exit_code == 0


def test_a_kill_does_not_hide_the_code_of_the_process_that_ended_first() -> None:
    play = Play("web.1 worker.1", timeout=1).start().exit("web.1", 3).at(1.5).exit("worker.1", -SIGKILL)
    assert play.supervisor.exit_code == 3


def test_the_second_ctrl_c_kills_at_once() -> None:
    play = Play("web.1 worker.1").start().signal(SIGINT)
    assert play.told() == [
        "SIGINT received, stopping: press Ctrl-C again to kill",
        "SIGTERM to web.1",
        "SIGTERM to worker.1",
    ]
    assert play.at(0.3).signal(SIGINT).told() == [
        "sending SIGKILL to web.1 (pid 101), worker.1 (pid 102)",
        "SIGKILL to web.1",
        "SIGKILL to worker.1",
    ]


@pytest.mark.parametrize("later", [0.0005, 0.1, 0.299])
def test_a_ctrl_c_that_comes_twice_within_a_moment_came_once(later: float) -> None:
    play = Play("web.1").start().signal(SIGINT)
    play.told()
    assert play.at(later).signal(SIGINT).told() == []
    assert "SIGKILL to web.1" in play.at(0.3).signal(SIGINT).told()


@pytest.mark.parametrize("code", [-SIGTERM, -SIGINT, -SIGHUP, 143, 130])
def test_who_ends_by_the_stop_signal_a_moment_before_procman_hears_it_was_asked_to_stop(code: int) -> None:
    play = Play("web.1 worker.1").start().exit("web.1", code)
    told = [f"web.1 {'exited with code' if code > 0 else 'terminated by'}"]
    assert [line.rpartition(" ")[0] for line in play.told()] == [*told, "close"]
    play.at(0.29).signal(SIGTERM)
    assert play.told() == ["SIGTERM received, stopping", "SIGTERM to worker.1"]
    play.exit("worker.1", -SIGTERM)
    assert play.supervisor.finished
    assert play.supervisor.exit_code == 0


def test_who_ends_by_a_stop_signal_that_procman_does_not_get_is_the_end_of_all() -> None:
    play = Play("web.1 worker.1").start().exit("web.1", -SIGTERM)
    play.told()
    assert play.at(0.3).told() == ["SIGTERM to worker.1", "web.1 has ended, stopping"]
    play.exit("worker.1", 0)
    assert play.supervisor.finished
    assert play.supervisor.exit_code == 143


def test_all_that_end_by_a_stop_signal_of_their_own_are_waited_for_no_longer_than_a_moment() -> None:
    play = Play("web.1 worker.1").start().exit("web.1", -SIGTERM).exit("worker.1", -SIGTERM)
    assert not play.supervisor.finished
    play.at(0.3)
    assert play.supervisor.finished
    assert play.supervisor.exit_code == 143


def test_one_that_fails_in_that_moment_settles_it() -> None:
    play = Play("web.1 worker.1 redis.1").start().exit("web.1", -SIGTERM).exit("worker.1", 3)
    assert "SIGTERM to redis.1" in play.told()
    assert play.supervisor.exit_code == 143


def test_a_release_that_is_stopped_by_hand_is_not_followed_by_the_formation() -> None:
    play = Play("release.1", "web.1").start().exit("release.1", -SIGTERM).start()
    assert play.children.pids.keys() == {"release.1"}
    assert play.at(0.3).supervisor.exit_code == 143


def test_the_cause_of_a_stop_is_told_before_its_effects() -> None:
    play = Play("web.1 worker.1").start().exit("web.1", 3, group=True, output=True).exit("worker.1", -SIGTERM)
    assert play.told() == ["SIGTERM to what is left of web.1", "SIGTERM to worker.1", "close worker.1"]
    assert play.at(0.5).told() == [
        "web.1 exited with code 3",
        "web.1 has ended, stopping",
        "worker.1 terminated by SIGTERM",
    ]


def test_a_cause_whose_output_had_ended_before_is_told_at_once() -> None:
    play = Play("web.1 worker.1").start()
    play.children.closed.add("web.1")
    play.supervisor.processes.output_closed("web.1", 0.0)
    play.exit("web.1", 3)
    assert play.told() == [
        "web.1 exited with code 3",
        "close web.1",
        "SIGTERM to worker.1",
        "web.1 has ended, stopping",
    ]
    assert "worker.1 terminated by SIGTERM" in play.exit("worker.1", -SIGTERM).told()


def test_who_is_not_to_blame_is_not_told_as_the_cause() -> None:
    play = Play("web.1 worker.1").start().exit("web.1", -SIGTERM, output=True).signal(SIGTERM)
    told = play.at(0.5).told()
    assert "web.1 terminated by SIGTERM" in told
    assert "web.1 has ended, stopping" not in told


def test_a_second_sigterm_changes_nothing() -> None:
    play = Play("web.1").start().signal(SIGTERM)
    play.told()
    assert play.signal(SIGTERM).told() == []


def test_ctrl_c_while_a_failed_process_stops_the_others_says_how_to_kill() -> None:
    play = Play("web.1 worker.1").start().exit("web.1", 1)
    play.told()
    assert play.signal(SIGINT).told() == ["SIGINT received, stopping: press Ctrl-C again to kill"]
    assert "SIGKILL to worker.1" in play.at(0.3).signal(SIGINT).told()


def test_ctrl_c_while_starting_starts_no_more() -> None:
    play = Play("web.1 worker.1")
    play.supervisor.start_next(0.0)
    play.signal(SIGINT)
    assert not play.supervisor.start_next(0.0)
    assert "spawn worker.1" not in play.exit("web.1", -SIGTERM).told()
    assert play.supervisor.finished


def test_the_end_of_a_process_is_told_after_half_a_second_when_its_output_stays_open() -> None:
    play = Play("web.1").start().exit("web.1", 0, output=True)
    assert play.told() == []
    assert play.at(0.5).told() == ["web.1 exited with code 0", "close web.1"]
    assert play.supervisor.finished


def test_what_is_left_of_a_group_gets_the_stop_signal_and_is_waited_for() -> None:
    play = Play("web.1").start().exit("web.1", 0, group=True, output=True)
    assert play.told() == ["SIGTERM to what is left of web.1"]
    assert play.at(0.6).told() == ["web.1 exited with code 0"]
    assert not play.supervisor.finished
    play.children.leave("web.1")
    play.supervisor.child_exited(999, 0, None, 0.7)  # an orphan that we adopted
    assert play.told() == []
    play.read()
    assert play.told() == ["close web.1"]
    assert play.supervisor.finished


def test_what_is_left_of_a_group_and_does_not_obey_is_killed() -> None:
    play = Play("web.1", timeout=2).start().exit("web.1", 0, group=True, output=True)
    assert "SIGKILL to web.1" in play.at(2).told()
    assert play.supervisor.finished
    assert play.supervisor.exit_code == 0


def test_a_process_that_closes_its_output_lives_on() -> None:
    play = Play("web.1").start()
    play.supervisor.processes.output_closed("web.1", 0.0)
    assert not play.supervisor.finished
    play.children.leave("web.1")
    play.supervisor.child_exited(101, 4, None, 1.0)
    assert play.told() == ["web.1 exited with code 4", "close web.1"]
    assert play.supervisor.exit_code == 4


def test_a_process_that_cannot_be_started_stops_the_others() -> None:
    play = Play("web.1 worker.1 redis.1", refused=("worker.1",))
    while play.supervisor.start_next(0.0):
        pass
    assert play.told() == [
        "spawn web.1",
        "web.1 started (pid 101)",
        "worker.1 could not be started: Too many open files",
        "SIGTERM to web.1",
        "worker.1 did not start, stopping",
    ]
    play.exit("web.1", -SIGTERM)
    assert "web.1 terminated by SIGTERM" in play.told()
    assert play.supervisor.finished
    assert play.supervisor.exit_code == 126


def test_release_runs_alone_and_first() -> None:
    play = Play("release.1", "web.1 worker.1")
    assert play.supervisor.start_next(0.0)
    assert not play.supervisor.start_next(0.0)
    play.exit("release.1", 0)
    assert not play.supervisor.finished
    play.told()
    play.supervisor.start_next(0.0)
    assert "spawn web.1" in play.told()


def test_a_failing_release_stops_the_start() -> None:
    play = Play("release.1", "web.1").start().exit("release.1", 5)
    assert play.supervisor.finished
    assert not play.supervisor.start_next(0.0)
    assert play.supervisor.exit_code == 5


def test_a_stop_during_release_starts_nothing_more() -> None:
    play = Play("release.1", "web.1").start().signal(SIGTERM).exit("release.1", 0)
    assert play.supervisor.finished
    assert play.supervisor.exit_code == 0


@pytest.mark.parametrize(("chosen", "code"), [("worker", 9), ("worker.1", 9), ("web", 143), (None, 9)])
def test_exit_code_from_picks_a_process(chosen: str | None, code: int) -> None:
    play = Play("web.1 worker.1", exit_code_from=chosen).start().exit("worker.1", 9).exit("web.1", -SIGTERM)
    assert play.supervisor.exit_code == code


def test_forwarded_signals_go_to_the_groups_that_are_there() -> None:
    play = Play("web.1 worker.1 redis.1").start().exit("redis.1")
    play.told()
    play.supervisor.forward(SIGUSR1)
    assert play.told() == ["SIGUSR1 to web.1", "SIGUSR1 to worker.1"]


def test_a_stop_for_a_broken_log_exits_with_its_code() -> None:
    play = Play("web.1").start()
    play.supervisor.stop("the log cannot be written", 0.0, code=1)
    play.exit("web.1", -SIGTERM)
    assert play.supervisor.exit_code == 1


def test_nothing_is_due_while_all_run() -> None:
    assert Play("web.1 worker.1").start().supervisor.deadline is None


def test_an_orphan_is_nobodys_end() -> None:
    play = Play("web.1").start()
    play.supervisor.child_exited(4711, 1, None, 0.0)
    assert play.told() == []
    assert not play.supervisor.stopping


def test_exit_code_from_does_not_pick_a_process_that_never_ran() -> None:
    play = Play("release.1", "web.1", exit_code_from="web").start().exit("release.1", 5)
    assert play.supervisor.finished
    assert play.supervisor.exit_code == 5


def test_a_second_process_that_fails_does_not_change_the_code() -> None:
    play = Play("web.1 worker.1", exit_code_from="redis").start().exit("web.1", 3).exit("worker.1", 4)
    assert play.supervisor.exit_code == 3


@pytest.mark.parametrize("timeout", [0.0, 2.0])
@pytest.mark.parametrize("chosen", [None, "web"])
def test_who_does_not_even_die_of_sigkill_is_given_up_later_and_no_end_is_told(
    timeout: float, chosen: str | None
) -> None:
    play = Play("web.1", timeout=timeout, exit_code_from=chosen).start().signal(SIGTERM)
    play.at(timeout + KILLED_SECONDS - 0.1)
    assert not play.supervisor.finished
    told = play.at(timeout + KILLED_SECONDS + 0.1).told()
    assert told.count("sending SIGKILL to web.1 (pid 101)") == told.count("SIGKILL to web.1") == 1
    assert told[-2:] == ["web.1 (pid 101) does not end, not waiting for it any longer", "close web.1"]
    assert play.supervisor.finished
    assert play.supervisor.exit_code == 137
    play.supervisor.child_exited(101, 0, None, 5.0)  # it ends after all, and that is no bug


def test_time_spent_suspended_does_not_count() -> None:
    play = Play("web.1", timeout=2).start().signal(SIGTERM)
    play.supervisor.postpone(100.0)
    play.clock.now = 100.0
    play.told()
    assert play.at(101.5).told() == ["waiting for web.1 (pid 101), SIGKILL in 1 s"]
    assert "SIGKILL to web.1" in play.at(102.1).told()


def test_without_patience_what_is_left_of_a_group_is_killed_at_once_and_does_not_fill_the_log() -> None:
    play = Play("web.1", timeout=0).start().exit("web.1", 4, group=True, output=True)
    assert play.at(KILLED_SECONDS - 0.1).told() == [
        "SIGTERM to what is left of web.1",
        "sending SIGKILL to web.1 (pid 101)",
        "SIGKILL to web.1",
        "web.1 exited with code 4",
    ]
    play.at(KILLED_SECONDS)
    assert play.supervisor.finished


def test_the_wait_for_the_end_of_output_stands_still_while_none_is_read() -> None:
    play = Play("web.1").start().exit("web.1", 0, output=True)
    play.clock.now = 0.2
    play.supervisor.processes.output_paused(0.2)
    play.supervisor.processes.output_paused(3.0)
    assert play.at(40.0).told() == []
    play.supervisor.processes.output_resumed(40.0)
    play.supervisor.processes.output_resumed(45.0)
    assert play.at(40.25).told() == []
    assert play.at(40.35).told() == ["web.1 exited with code 0", "close web.1"]


def test_nobody_is_waited_for_or_killed_who_has_ended_and_is_only_read() -> None:
    play = Play("web.1").start().exit("web.1", 0, output=True)
    play.supervisor.processes.output_paused(0.0)
    assert play.at(60.0).told() == []


def test_the_last_output_of_a_group_is_read_before_it_is_forgotten() -> None:
    play = Play("web.1").start().exit("web.1", 0, group=True, output=True).at(0.6)
    play.children.leave("web.1")
    play.told()
    play.supervisor.child_exited(999, 0, None, 0.7)
    assert play.children.drained == ["web.1"]
    assert not play.supervisor.finished
    assert play.read().told() == ["close web.1"]
    assert play.supervisor.finished


def test_the_notice_looks_at_groups_whose_end_nobody_told() -> None:
    play = Play("web.1", timeout=9).start().exit("web.1", 0, group=True, output=True).at(0.6)
    play.children.leave("web.1")
    play.at(1.1)
    assert play.supervisor.finished


def test_time_spent_suspended_is_no_time_to_wait_for_the_end_of_output() -> None:
    play = Play("web.1").start().exit("web.1", 0, output=True)
    play.supervisor.postpone(100.0)
    play.clock.now = 100.0
    assert play.at(100.4).told() == []
    assert "web.1 exited with code 0" in play.at(100.6).told()
