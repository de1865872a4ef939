"""The file of docker compose."""

from __future__ import annotations

import importlib
import shlex
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from procman.errors import UserError
from procman.export.plan import PRIVATE, shell_line
from tests.export.plans import ROOT, Exported, export, plan
from tests.export.test_yamldump import TEXTS
from tests.export.yamlreaders import EXAMPLES

REDIS = "redis: redis-server --port $PORT\n"


def exported(lines: str = "web: ./web\n", said: str = "", **fields: Any) -> Exported:
    return export("compose", plan(lines, said, **fields))


def loaded(found: Exported) -> dict[str, Any]:
    """The file as compose means it, by podman-compose's reader and its `$`."""
    module = importlib.import_module("podman_compose")
    document = module.normalize(yaml.safe_load(found.text("compose.yml")))
    replaced: dict[str, Any] = module.rec_subs(document, {"A": "wrong", "PORT": "wrong", "HOME": "wrong"})
    return replaced


def service(lines: str = "web: ./web\n", said: str = "", name: str = "web", **fields: Any) -> dict[str, Any]:
    found: dict[str, Any] = loaded(exported(lines, said, **fields))["services"][name]
    return found


def of_web(said: str) -> str:
    return f"processes: {{web: {{{said}}}}}\n"


def test_each_type_is_a_service_of_one_image() -> None:
    services = loaded(exported("web: ./web\nworker: ./worker\n"))["services"]
    assert [*services] == ["web", "worker"]
    assert {each["image"] for each in services.values()} == {"shop"}
    assert services["worker"]["command"] == ["/bin/sh", "-c", "exec ./worker"]


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


def test_what_listens_for_the_world_is_published_to_it() -> None:
    assert service(said=of_web("listen: '0.0.0.0:8080'"))["ports"] == ["0.0.0.0:8080:8080"]


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


def test_stops_are_as_they_are_here() -> None:
    found = service(said=of_web("stop_signal: QUIT, timeout: 1500ms"))
    assert (found["stop_signal"], found["stop_grace_period"]) == ("SIGQUIT", "1500ms")
    assert service()["stop_grace_period"] == "5s"


def test_surroundings() -> None:
    limits = "max_memory: 512M, nofile: 1024, user: somebody, pty: always, stdin: 'null'"
    found = service(said=of_web(f"{limits}, cwd: 'my app', umask: '077'"))
    assert (found["mem_limit"], found["ulimits"], found["user"]) == ("512m", {"nofile": 1024}, "1234:1234")
    assert (found["tty"], found["stdin_open"]) == (True, False)
    assert found["command"][2] == "umask 077; cd './my app' || exit; exec ./web"


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
    assert found.export.then[0] == "docker compose run --build --rm release"


def test_all_tasks_are_run_by_a_scheduler_that_shares_its_state() -> None:
    said = "tasks: {a: {command: ./a, schedule: hourly}, b: ./b}\n".replace("hourly", "'@hourly'")
    found = exported(
        said=said, typed=("-f", f"{ROOT}/deploy/Procfile", "-e", "/etc/env", "-d", ROOT, "-p", "7000")
    )
    services = loaded(found)["services"]
    assert services["scheduler"]["command"][:2] == ["procman", "scheduler"]
    assert services["scheduler"]["command"][2:6] == ["-f", "deploy/Procfile", "-p", "7000"]
    assert found.export.scheduled == ("a", "b")
    for each in services.values():
        assert each["volumes"] == ["procman:/var/lib/procman"]
        assert each["environment"]["PROCMAN_STATE"] == "/var/lib/procman"


def test_a_type_may_be_called_scheduler() -> None:
    said = "tasks: {a: {command: ./a, schedule: '@hourly'}}\n"
    assert [*loaded(exported("scheduler: ./own\n", said))["services"]] == ["scheduler", "procman-scheduler"]


def test_without_values_the_files_are_named_as_seen_from_the_file() -> None:
    found = exported(embed_environment=False, env_files=(f"{ROOT}/.env",), folder=f"{ROOT}/deploy")
    web = loaded(found)["services"]["web"]
    assert (web["env_file"], web["build"]) == (["../.env"], {"context": ".."})
    assert any(note.startswith("'.env' is read by compose") for note in found.notes)


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
