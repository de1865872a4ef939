from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procman.core.plan.plan import (
    Environment,
    Plan,
    ProcessPlan,
    base_port,
    build,
    first_ports,
    identity,
    is_own,
    merge,
    of_run,
)
from procman.core.plan.policies import Kind, Policies, Probe, Restart
from procman.core.plan.procfile import ProcessType
from procman.core.tasks.run import Run
from tests.core.expect import problems

TYPES = (
    ProcessType("release", "migrate", 1),
    ProcessType("web", "serve $PORT $PSQL", 2),
    ProcessType("job-queue", "work", 3),
)
NOTHING = Environment({}, {})


def test_files_win_over_the_real_environment_as_in_foreman() -> None:
    assert merge({"A": "os", "B": "os"}, [(".env", {"A": "file"})], outer_wins=False)[:2] == (
        {"A": "file", "B": "os"},
        {"A": ".env"},
    )


def test_a_later_file_wins_over_an_earlier_one() -> None:
    found = merge({}, [("a", {"X": "1", "Y": "1"}), ("b", {"X": "2"})], outer_wins=False)
    assert found[:2] == ({"X": "2", "Y": "1"}, {"X": "b", "Y": "a"})


def test_with_env_override_os_the_real_environment_wins_and_a_file_sets_only_the_rest() -> None:
    assert merge({"A": "os"}, [(".env", {"A": "file", "B": "file"})], outer_wins=True)[:2] == (
        {"A": "os", "B": "file"},
        {"B": ".env"},
    )


@pytest.mark.parametrize("outer_wins", [False, True])
def test_who_a_run_of_an_outer_procman_is_reaches_nobody_here(outer_wins: bool) -> None:
    run = Run(7, "remind", created_at=1.0)
    found = merge({**of_run(run), "A": "os"}, [], outer_wins)
    assert found.values == {"A": "os", **identity(run.name, None)}
    own = merge(of_run(run), [(".env", {"PROCMAN_TASK": "mine"})], outer_wins)
    assert own.values["PROCMAN_TASK"] == "mine"


def test_with_env_override_os_a_later_file_still_wins_over_an_earlier_one() -> None:
    assert merge({}, [("a", {"X": "1"}), ("b", {"X": "2"})], outer_wins=True).values == {"X": "2"}


def test_the_real_environment_is_not_changed_by_merging() -> None:
    outer = {"A": "os"}
    merge(outer, [(".env", {"A": "file"})], outer_wins=False)
    assert outer == {"A": "os"}


def test_the_base_port_is_the_option_before_all_else() -> None:
    assert base_port("3000", Environment({"PORT": "4000"}, {"PORT": ".env"})) == 3000


def test_the_base_port_is_else_the_one_in_a_file_then_the_real_environment_then_5000() -> None:
    in_both = merge({"PORT": "4000"}, [(".env", {"PORT": "3500"})], outer_wins=False)
    assert base_port(None, in_both) == 3500
    assert base_port(None, merge({"PORT": "4000"}, [], outer_wins=False)) == 4000
    assert base_port(None, NOTHING) == 5000


def test_a_bad_port_is_told_with_the_place_it_came_from() -> None:
    def told(option: str | None, environment: Environment) -> str:
        return str(problems(lambda: base_port(option, environment))[0]).partition(" is ")[0]

    assert told("x", Environment({"PORT": "80"}, {})) == "port: 'x'"
    assert told(None, Environment({"PORT": "secret"}, {"PORT": "dev.env"})) == "PORT in dev.env: this"
    assert told(None, Environment({"PORT": "x"}, {})) == "PORT in the environment: 'x'"


def test_the_plan_has_each_instance_in_the_order_of_the_procfile() -> None:
    plan = build(TYPES, {"job-queue": 1, "web": 2}, 5000, NOTHING, release=False)
    assert [process.name for process in plan.processes] == ["web.1", "web.2", "job-queue.1"]


def test_a_port_counts_from_the_place_in_the_whole_procfile_also_when_few_types_run() -> None:
    plan = build(TYPES, {"job-queue": 2}, 5000, NOTHING, release=False)
    assert [process.port for process in plan.processes] == [5200, 5201]


def test_the_command_stays_untouched() -> None:
    (web,) = build(TYPES, {"web": 1}, 5000, NOTHING, release=False).processes
    own = {"PORT": "5100", "PS": "web.1", "PROCMAN_PROCESS": "web.1"}
    assert web == ProcessPlan("web.1", "web", 1, "serve $PORT $PSQL", 5100, own)


def test_every_process_is_told_the_first_port_of_every_type() -> None:
    plan = build(TYPES, {"web": 3}, 5000, Environment({"A": "1"}, {"A": ".env"}), release=False)
    assert plan.environment[:2] == (
        {
            "A": "1",
            "PROCMAN_PORT_RELEASE": "5000",
            "PROCMAN_PORT_WEB": "5100",
            "PROCMAN_PORT_JOB_QUEUE": "5200",
        },
        {"A": ".env"},
    )


def test_a_type_beyond_the_last_port_has_none() -> None:
    assert first_ports(TYPES, 65400) == {"PROCMAN_PORT_RELEASE": "65400", "PROCMAN_PORT_WEB": "65500"}
    (process,) = build(TYPES, {"job-queue": 1}, 65400, NOTHING, release=False).processes
    assert process.port is None
    assert "PORT" not in process.environment


def test_a_process_knows_its_port_and_its_name() -> None:
    assert identity("web.1", 5000) == {"PORT": "5000", "PS": "web.1", "PROCMAN_PROCESS": "web.1"}
    assert identity("web.1", None) == {"PS": "web.1", "PROCMAN_PROCESS": "web.1"}


def test_release_comes_first_only_when_it_is_asked_for() -> None:
    assert build(TYPES, {"web": 1}, 5000, NOTHING, release=False).release is None
    release = build(TYPES, {"web": 1}, 5000, NOTHING, release=True).release
    assert release is not None
    assert (release.name, release.command, release.port) == ("release.1", "migrate", 5000)


def test_release_is_nothing_in_an_app_that_has_none() -> None:
    assert build(TYPES[1:], {"web": 1}, 5000, NOTHING, release=True).release is None


SAID = Policies(
    restart=Restart.ALWAYS,
    port=3000,
    listen=("127.0.0.1:8080",),
    cwd="/srv",
    env={"LEVEL": "debug"},
    timeout=9.0,
    max_memory=1 << 20,
    ready=Probe(Kind.TCP, "port"),
)


def planned(policies: Policies, count: int = 1) -> Plan:
    types = (TYPES[0]._replace(policies=policies), TYPES[1]._replace(policies=policies), TYPES[2])
    return build(types, {"web": count, "job-queue": 1}, 5000, NOTHING, release=True)


def test_policies_of_a_type_are_those_of_its_processes_and_its_variables_are_theirs() -> None:
    (process, other) = planned(SAID).processes
    assert process.policies == SAID
    assert process.environment == {"LEVEL": "debug", **identity("web.1", 3000)}
    assert other.policies == Policies()


def test_a_fixed_port_is_that_of_the_first_and_all_are_told() -> None:
    plan = planned(SAID, count=2)
    assert [process.port for process in plan.processes] == [3000, 3001, 5200]
    assert plan.environment.values["PROCMAN_PORT_WEB"] == "3000"
    assert plan.environment.values["PROCMAN_PORT_JOB_QUEUE"] == "5200"
    assert [each.port for each in planned(Policies(port=65535), count=2).processes] == [65535, None, 5200]


def test_those_who_are_handed_a_socket_share_its_port() -> None:
    plan = planned(Policies(listen=("127.0.0.1:8080", "[::1]:8081")), count=2)
    assert [process.port for process in plan.processes] == [8080, 8080, 5200]
    assert plan.environment.values["PROCMAN_PORT_WEB"] == "8080"


def test_what_tells_a_process_who_it_is_no_file_changes() -> None:
    (process, _) = planned(Policies(env={"PS": "x", "PORT": "1"})).processes
    assert process.environment == identity("web.1", 5100)
    assert [name for name in ("PS", "PORT", "PROCMAN_PORT_WEB", "PROCMAN_ROOT") if not is_own(name)] == []
    assert not is_own("PROCMAN_START_PORT")


def test_what_runs_once_has_its_surroundings_and_is_not_looked_after() -> None:
    release = planned(SAID).release
    assert release
    assert release.policies == Policies(port=3000, cwd="/srv", env={"LEVEL": "debug"}, timeout=9.0)
    assert release.environment == {"LEVEL": "debug", **identity("release.1", 3000)}


def test_the_name_column_is_as_wide_as_the_longest_name_and_at_least_6() -> None:
    def width(formation: dict[str, int], release: bool = False) -> int:
        return build(TYPES, formation, 5000, NOTHING, release).name_width()

    assert width({"web": 1}) == 6
    assert width({"web": 1}, release=True) == len("release.1")
    assert width({"web": 1, "job-queue": 10}) == len("job-queue.10")


@given(st.dictionaries(st.sampled_from(["release", "web", "job-queue"]), st.integers(0, 100)), st.booleans())
def test_no_two_processes_share_a_name_or_with_up_to_100_instances_a_port(
    formation: dict[str, int], release: bool
) -> None:
    plan = build(TYPES, formation, 5000, NOTHING, release)
    assert len(plan.processes) == sum(formation.values())
    for values in zip(*[(process.name, process.port) for process in plan.processes], strict=True):
        assert len(set(values)) == len(plan.processes)
