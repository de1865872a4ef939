"""The file of docker compose."""

from __future__ import annotations

import re
import shlex
import subprocess
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from procman.errors import UserError
from procman.export.plan import PRIVATE, ExportPlan, shell_line
from tests.export.hostile import texts
from tests.export.oddplans import plans
from tests.export.plans import ROOT, Exported, export, plan
from tests.export.test_yamldump import TEXTS
from tests.export.yamlreaders import EXAMPLES, by_podman_compose

REDIS = "redis: redis-server --port $PORT\n"
PUBLISHED = re.compile(r"(?:[0-9.]+|\[[0-9a-f:]+\]):(?:[0-9]{1,5}(?:-[0-9]{1,5})?)?:[0-9]{1,5}")


def exported(lines: str = "web: ./web\n", said: str = "", **fields: Any) -> Exported:
    return export("compose", plan(lines, said, **fields))


def loaded(found: Exported) -> dict[str, Any]:
    """The file as podman-compose means it, where variables of the same names have other values."""
    return by_podman_compose(found.text("compose.yml"), {"A": "wrong", "PORT": "wrong", "HOME": "wrong"})


def service(lines: str = "web: ./web\n", said: str = "", name: str = "web", **fields: Any) -> dict[str, Any]:
    found: dict[str, Any] = loaded(exported(lines, said, **fields))["services"][name]
    return found


def of_web(said: str) -> str:
    return f"processes: {{web: {{{said}}}}}\n"


def test_each_type_is_a_service_of_one_image() -> None:
    services = loaded(exported("web: ./web\nworker: ./worker\n"))["services"]
    assert [*services] == ["web", "worker"]
    assert {each["image"] for each in services.values()} == {"shop"}
    assert all(each["init"] is True for each in services.values())
    assert services["worker"]["command"] == ["/bin/sh", "-c", "exec ./worker"]


@pytest.mark.parametrize(("app", "name"), [("My_App.2", "my-app-2"), ("_", "app")])
def test_projects_and_images_have_small_letters(app: str, name: str) -> None:
    found = loaded(exported(app=app))
    assert (found["name"], found["services"]["web"]["image"]) == (name, name)


def test_a_dollar_stays_for_the_shell() -> None:
    assert service("web: echo $A ${A} $$ $PORT\n")["command"][2] == "echo $A ${A} $$ $PORT"


def test_variables_of_all_are_written_once() -> None:
    text = exported("web: ./web\nworker: ./worker\n", env={"SECRET": "a$b"}).text("compose.yml")
    assert text.count("a$$b") == 1
    assert yaml.safe_load(text)["services"]["worker"]["environment"]["SECRET"] == "a$$b"


def test_a_service_has_the_environment_of_its_process() -> None:
    found = service(said=of_web("env: {B: 'c $A'}"), env={"A": "b"})["environment"]
    assert found == {
        "A": "b",
        "B": "c $A",
        "PORT": "5000",
        "PROCMAN_PORT_WEB": "5000",
        "PS": "web.1",
        "PROCMAN_PROCESS": "web.1",
    }


def test_only_web_is_published_and_only_on_the_loopback() -> None:
    services = loaded(exported("web: ./web\n" + REDIS))["services"]
    assert services["web"]["ports"] == ["127.0.0.1:5000:5000"]
    assert "ports" not in services["redis"]


def test_several_containers_share_a_range_of_ports_and_a_name() -> None:
    found = exported(said=of_web("instances: 3"))
    web = loaded(found)["services"]["web"]
    assert (web["scale"], web["ports"]) == (3, ["127.0.0.1:5000-5002:5000"])
    assert "web: 'instances: 3' is so, but all are called web.1 and have PORT 5000" in found.notes


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("listen: '0.0.0.0:8080'", ["0.0.0.0:8080:8080"]),
        ("listen: ['8080', '[::1]:81']", ["127.0.0.1:8080:8080", "[::1]:81:81"]),
        ("listen: 'localhost:8080'", ["127.0.0.1:8080:8080"]),
        ("listen: 'shop.local:8080'", ["127.0.0.1:8080:8080"]),
        ("listen: '0.0.0.0:8080', instances: 2", ["0.0.0.0:8080-8081:8080"]),
        ("port: 65535", ["127.0.0.1:65535:65535"]),
        ("port: 65534, instances: 2", ["127.0.0.1:65534-65535:65534"]),
        ("port: 65534, instances: 3", ["127.0.0.1::65534"]),
    ],
)
def test_what_listens_for_the_world_is_published_to_it(said: str, expected: list[str]) -> None:
    found = exported(said=of_web(said))
    assert loaded(found)["services"]["web"]["ports"] == expected
    named = [note for note in found.notes if "takes no names" in note]
    assert len(named) == ("shop.local" in said)


@pytest.mark.parametrize(
    ("of_redis", "condition", "expected"),
    [
        ("{}", "started", "service_started"),
        ("{ready: {tcp: port}}", "ready", "service_healthy"),
        ("{ready: {log: up}}", "ready", "service_started"),
        ("{oneshot: true}", "ready", "service_completed_successfully"),
        ("{oneshot: true}", "completed", "service_completed_successfully"),
    ],
)
def test_dependencies_have_conditions(of_redis: str, condition: str, expected: str) -> None:
    said = f"processes: {{redis: {of_redis}, web: {{depends_on: {{redis: {condition}}}}}}}\n"
    assert service("web: ./web\n" + REDIS, said)["depends_on"] == {"redis": {"condition": expected}}


def test_who_is_not_started_is_not_required() -> None:
    said = "processes: {redis: {autostart: false}, web: {depends_on: {redis: started}}}\n"
    services = loaded(exported("web: ./web\n" + REDIS, said))["services"]
    assert services["redis"]["profiles"] == ["redis"]
    assert services["web"]["depends_on"]["redis"]["required"] is False


@pytest.mark.parametrize(
    ("condition", "noted"), [("completed", False), ("ready", False), ("started", True), ("", True)]
)
def test_an_end_that_nobody_asks_for_is_told(condition: str, noted: bool) -> None:
    needed = f", web: {{depends_on: {{redis: {condition}}}}}" if condition else ""
    found = exported("web: ./web\n" + REDIS, f"processes: {{redis: {{oneshot: true}}{needed}}}\n")
    assert any("nobody asks how it has ended" in note for note in found.notes) is noted


def test_nobody_waits_for_a_release() -> None:
    found = service("web: ./web\nrelease: ./m\n", "processes: {web: {depends_on: {release: completed}}}\n")
    assert "depends_on" not in found


def test_nobody_waits_for_what_is_not_there() -> None:
    what = plan("web: ./web\n" + REDIS, "processes: {web: {depends_on: {redis: started}}}\n")
    web, redis = what.types
    found = export("compose", what._replace(types=(web, redis._replace(processes=()))))
    services = loaded(found)["services"]
    assert services["web"]["depends_on"]["redis"]["required"] is False
    assert (services["redis"]["scale"], services["redis"]["environment"]["PORT"]) == (0, "5100")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("nice: 1", "always"),
        ("restart: always", "always"),
        ("restart: never", "no"),
        ("restart: on-failure", "on-failure:9"),
        ("restart: on-failure, backoff: {give_up_after: never}", "on-failure"),
        ("restart: on-failure, backoff: {give_up_after: 1}", "no"),
        ("oneshot: true", "no"),
        ("oneshot: true, restart: on-failure", "on-failure:9"),
    ],
)
def test_restarts(said: str, expected: str) -> None:
    assert service(said=of_web(said))["restart"] == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("restart: never, backoff: {give_up_after: 1}", []),
        ("restart: on-failure, backoff: {give_up_after: never}", ["restart: on-failure"]),
        ("restart: on-failure", ["restart: on-failure"]),
        ("restart: on-failure, backoff: {give_up_after: 1}", ["backoff: give_up_after: 1"]),
        ("restart: always, backoff: {give_up_after: 4}", ["backoff: give_up_after: 4"]),
        ("backoff: {give_up_after: 4}", ["backoff: give_up_after: 4"]),
    ],
)
def test_restarts_are_counted_in_another_way_and_that_is_said(said: str, expected: list[str]) -> None:
    notes = exported(said=of_web(said)).export.notes
    assert [note.said for note in notes if note.about == "web"] == expected
    shown = exported(said=of_web("restart: on-failure")).notes
    assert shown[-1].endswith("each code other than 0 is a failure, and 10 in all are the last, not in a row")


def test_stops_are_as_they_are_here() -> None:
    found = service(said=of_web("stop_signal: QUIT, timeout: 1500ms"))
    assert (found["stop_signal"], found["stop_grace_period"]) == ("SIGQUIT", "2s")
    assert service()["stop_grace_period"] == "5s"
    assert service(said=of_web("timeout: 0"))["stop_grace_period"] == "0s"


def test_stops_are_rounded_up_to_whole_seconds_and_that_is_said() -> None:
    """docker leaves out what is beyond the last whole second."""
    found = exported(said=of_web("timeout: 1500ms"), timeout=0.5)
    assert loaded(found)["services"]["web"]["stop_grace_period"] == "2s"
    assert found.notes[1:] == ["'-T 500 ms' is 1s there", "web: 'timeout: 1.5 s' is 2s there"]


def test_surroundings() -> None:
    limits = "max_memory: 512M, nofile: 1024, user: somebody, pty: always, stdin: 'null'"
    found = service(said=of_web(f"{limits}, cwd: 'my app', umask: '077'"))
    assert (found["mem_limit"], found["ulimits"], found["user"]) == ("512m", {"nofile": 1024}, "1234:1234")
    assert (found["tty"], found["stdin_open"]) == (True, False)
    assert found["command"][2] == "umask 077; cd './my app' || exit; exec ./web"


@pytest.mark.parametrize(("said", "expected"), [("1M", "6m"), ("6M", "6m"), ("7000001", "7000001b")])
def test_limits_of_memory_are_what_docker_takes(said: str, expected: str) -> None:
    found = exported(said=of_web(f"max_memory: {said}"))
    assert loaded(found)["services"]["web"]["mem_limit"] == expected
    named = [note for note in found.notes if "the least there is" in note]
    assert named == ["web: 'max_memory: 1 MB' is 6 MB there, the least there is"] * (said == "1M")


def test_who_is_not_asked_has_no_healthcheck_of_the_image_either() -> None:
    """That of an exported Dockerfile asks for all that procman starts."""
    services = loaded(exported("web: ./web\nrelease: ./m\n", "tasks: {b: ./b}\n"))["services"]
    assert {*services} == {"web", "release", "scheduler"}
    assert all(each["healthcheck"] == {"disable": True} for each in services.values())


def test_one_healthcheck_is_both_when_the_question_is_the_same() -> None:
    said = of_web("ready: {http: /up, within: 1m}, alive: {http: /up, every: 7s, failures: 4}")
    found = service(said=said)["healthcheck"]
    assert found["test"][1].startswith("wget -q -O /dev/null http://127.0.0.1:5000/up || bash -c ")
    del found["test"]
    assert found == {
        "timeout": "5s",
        "interval": "7s",
        "retries": 4,
        "start_period": "60s",
        "start_interval": "200ms",
    }


@pytest.mark.parametrize(
    ("said", "notes"),
    [
        ("ready: {http: /up}, alive: {http: /up}", []),
        ("ready: {http: /up, timeout: 5s}, alive: {http: /up}", []),
        (
            "ready: {http: /up, timeout: 3s}, alive: {http: /up, timeout: 7s}",
            ["web: 'ready: timeout: 3 s' is 7s there"],
        ),
        ("ready: {http: /up, timeout: 3s}, alive: {tcp: port, timeout: 7s}", []),
    ],
)
def test_an_answer_may_take_as_long_as_is_said(said: str, notes: list[str]) -> None:
    found = exported(said=of_web(said)).notes
    assert [note for note in found if "ready: timeout" in note] == notes


def test_of_two_questions_ready_is_asked() -> None:
    found = exported(said=of_web("ready: {cmd: 'is $A'}, alive: {tcp: port, every: 7s}"))
    assert loaded(found)["services"]["web"]["healthcheck"]["test"] == ["CMD-SHELL", "is $A"]
    assert [note for note in found.notes if "alive" in note] == [
        "web: 'alive: tcp' has no counterpart: the one healthcheck is that of 'ready'",
        "web: 'alive: every: 7 s' has no counterpart: it is not asked",
    ]


def test_a_release_is_run_when_it_is_asked_for() -> None:
    found = exported("web: ./web\nrelease: ./migrate\n")
    release = loaded(found)["services"]["release"]
    assert (release["profiles"], release["restart"]) == (["release"], "no")
    said = "processes: {release: {user: somebody}}\n"
    assert service("web: ./web\nrelease: ./m\n", said, "release")["user"] == "1234:1234"
    assert found.export.then == (
        "docker compose run --build --rm release",
        "docker compose up --build --detach",
    )


@pytest.mark.parametrize("other", ["http: /other", "tcp: port"])
def test_questions_of_one_kind_are_two_as_well(other: str) -> None:
    found = exported(said=of_web(f"ready: {{http: /up}}, alive: {{{other}, every: 7s}}"))
    assert "/up" in loaded(found)["services"]["web"]["healthcheck"]["test"][1]
    assert any("the one healthcheck is that of 'ready'" in note for note in found.notes)


def test_a_port_is_asked_by_what_images_have() -> None:
    found = service(said=of_web("ready: {tcp: 6379}, alive: {tcp: 6379, every: 1ms}"))["healthcheck"]
    assert found["test"][1] == "nc -z 127.0.0.1 6379 || bash -c ': </dev/tcp/127.0.0.1/6379'"
    assert found["interval"] == "1ms"


def test_a_command_is_asked_where_the_process_runs() -> None:
    found = service(said=of_web("cwd: app, umask: '027', ready: {cmd: is it}"))
    assert found["healthcheck"]["test"][1] == "umask 027; cd ./app || exit; is it"


def test_times_of_a_question_that_is_not_asked_are_told() -> None:
    notes = exported(
        said=of_web("ready: {log: up, within: 47s}, alive: {notify: true, every: 17s}")
    ).export.notes
    assert [note.said for note in notes if note.about == "web"] == [
        *("ready: log: up", "alive: notify: true", "ready: within: 47 s", "alive: every: 17 s")
    ]


def test_what_is_typed_next_names_the_file_where_it_is_elsewhere() -> None:
    assert exported(folder=f"{ROOT}/my files").export.then == (
        f"docker compose --file '{ROOT}/my files/compose.yml' up --build --detach",
    )
    assert exported(folder=ROOT).export.then == ("docker compose up --build --detach",)


def test_notes_on_a_release_are_told_as_well() -> None:
    said = "processes: {release: {user: somebody, timeout: 1500ms, nice: 3}}\n"
    notes = exported("web: ./web\nrelease: ./migrate\n", said).export.notes
    assert [note.said for note in notes if note.about == "release"] == [
        *("nice: 3", "user: somebody", "timeout: 1.5 s")
    ]


def test_all_tasks_are_run_by_a_scheduler_that_shares_its_state() -> None:
    said = "tasks: {a: {command: ./a, schedule: hourly}, b: ./b}\n".replace("hourly", "'@hourly'")
    found = exported(
        said=said, typed=("-f", f"{ROOT}/deploy/Procfile", "-e", "/etc/env", "-d", ROOT, "-p", "7000")
    )
    services = loaded(found)["services"]
    assert services["scheduler"]["command"][:2] == ["procman", "scheduler"]
    assert services["scheduler"]["command"][2:8] == [
        *("-e", "/dev/null", "-f", "deploy/Procfile", "-p", "7000")
    ]
    assert found.export.scheduled == ("a", "b")
    for each in services.values():
        assert each["volumes"] == ["procman:/var/lib/procman"]
        assert each["environment"]["PROCMAN_STATE"] == "/var/lib/procman/state"
    assert services["scheduler"]["stop_grace_period"] == "10s"


def test_the_scheduler_has_the_time_to_stop_that_is_said() -> None:
    command = service(said="tasks: {b: ./b}\n", name="scheduler", timeout=30.5)["command"]
    assert command == ["procman", "scheduler", "-t", "30.5"]


def test_a_folder_that_is_not_the_apps_is_told() -> None:
    notes = exported(said=of_web("cwd: ../up")).notes
    assert notes[-1] == (f"web: 'cwd: {ROOT}/../up' is outside of the app's folder: the image has to have it")
    assert not any("cwd" in note for note in exported(said=of_web("cwd: app")).notes)


def test_who_runs_elsewhere_finds_the_app_only_by_the_image() -> None:
    with_tasks = of_web("cwd: app") + "tasks: {b: ./b}\n"
    assert any("PROCMAN_ROOT" in note for note in exported(said=with_tasks).notes)
    assert not any("PROCMAN_ROOT" in note for note in exported(said=of_web("cwd: app")).notes)


def test_a_type_may_be_called_scheduler() -> None:
    said = "tasks: {a: {command: ./a, schedule: '@hourly'}}\n"
    lines = "scheduler: ./own\nprocman-scheduler: ./own\n"
    assert {*loaded(exported(lines, said))["services"]} == {
        *("scheduler", "procman-scheduler", "procman-procman-scheduler")
    }


def test_without_values_the_files_are_named_as_seen_from_the_file() -> None:
    found = exported(embed_environment=False, env_files=(f"{ROOT}/.env",), folder=f"{ROOT}/deploy")
    web = yaml.safe_load(found.text("compose.yml"))["services"]["web"]
    assert (web["env_file"], web["build"]) == (["../.env"], "..")
    assert loaded(found)["services"]["web"]["env_file"] == ["../.env"]
    assert "env_file" not in service(env_files=(f"{ROOT}/.env",))
    assert any(note.startswith("'.env' is read by compose") for note in found.notes)


def test_folders_of_this_machine_are_none_there() -> None:
    assert exported(log="/var/log/shop", run="/run/shop").notes[1:] == [
        "'log: /var/log/shop' is no folder there: 'docker compose logs' shows what was written",
        "'run: /run/shop' is no folder there: nothing needs pid files",
    ]


def test_nobody_else_may_read_the_file() -> None:
    assert exported().files["compose.yml"].mode == PRIVATE


def test_other_processes_are_found_by_name() -> None:
    said = "processes: {redis: {ready: {tcp: 6379}}}\n"
    assert exported("web: ./web\n" + REDIS, said).notes[0] == (
        "'localhost' is each container's own: a server listens on 0.0.0.0,"
        " and others find it as web:5000, redis:6379"
    )


@pytest.mark.parametrize("name", ["A$B", "$A"])
def test_a_name_with_a_dollar_is_a_mistake(name: str) -> None:
    with pytest.raises(UserError, match="in its name"):
        exported(env={name: "1"})


def test_what_yaml_cannot_hold_is_named_and_not_shown() -> None:
    with pytest.raises(UserError, match="SECRET has a NUL") as raised:
        exported(env={"SECRET": "hush\udcff"})
    assert "hush" not in str(raised.value)


@settings(max_examples=EXAMPLES, deadline=None)
@given(TEXTS, TEXTS)
def test_any_command_and_any_value_come_back(command: str, value: str) -> None:
    what = plan(env={"A": value})
    process = what.types[0].processes[0]._replace(command=command)
    types = (what.types[0]._replace(processes=(process,)),)
    web = loaded(export("compose", what._replace(types=types)))["services"]["web"]
    assert web["command"] == ["/bin/sh", "-c", shell_line(process)]
    assert web["environment"]["A"] == value


@settings(max_examples=max(1, EXAMPLES // 10), deadline=None)
@given(st.text(st.characters(min_codepoint=33, max_codepoint=126, blacklist_characters="#"), max_size=20))
def test_any_path_can_be_asked_for(path: str) -> None:
    what = plan("web: ./web\n", of_web("ready: {http: /up}"))
    policies = what.types[0].policies
    assert policies.ready
    ready = policies.ready._replace(target=f"/{path}")
    process = what.types[0].processes[0]._replace(policies=policies._replace(ready=ready))
    types = (what.types[0]._replace(processes=(process,)),)
    test = loaded(export("compose", what._replace(types=types)))["services"]["web"]["healthcheck"]["test"]
    words = shlex.split(test[1])
    assert words[4] == f"http://127.0.0.1:5000/{path}"
    assert shlex.split(words[8])[4] == f"/{path}"


@settings(max_examples=EXAMPLES, deadline=None)
@given(texts(), texts())
def test_any_word_and_any_value_come_back_from_the_shell(word: str, value: str) -> None:
    what = plan(env={"A": value})
    process = what.types[0].processes[0]
    process = process._replace(command=f"printf '%s\\0' \"$A\" {shlex.quote(word)}")
    types = (what.types[0]._replace(processes=(process,)),)
    web = loaded(export("compose", what._replace(types=types)))["services"]["web"]
    ran = subprocess.run(web["command"], env=web["environment"], stdout=subprocess.PIPE, check=True)
    assert ran.stdout == f"{value}\0{word}\0".encode()


@settings(max_examples=max(1, EXAMPLES // 4), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(plans())
def test_podman_compose_takes_any_plan(what: ExportPlan) -> None:
    read = loaded(export("compose", what))
    wanted = [each.name for each in what.types] + ["release"] * bool(what.release)
    scheduler = {*read["services"]} - {*wanted}
    assert {*wanted} <= {*read["services"]}
    assert len(scheduler) == bool(what.tasks)
    for service in read["services"].values():
        assert {*service.get("depends_on", {})} <= {*wanted}
        assert re.fullmatch(r"[0-9]+s", service["stop_grace_period"])
        for port in service.get("ports", []):
            assert PUBLISHED.fullmatch(port), port
        for key in ("timeout", "interval", "start_period", "start_interval"):
            assert re.fullmatch(r"[1-9][0-9]*m?s", service.get("healthcheck", {}).get(key, "1s"))
