"""The manifests of Kubernetes."""

from __future__ import annotations

import re
import shlex
import subprocess
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from procman.core.plan.policies import Account
from procman.errors import UserError
from procman.export.plan import PRIVATE, ExportPlan, shell_line
from tests.export.hostile import texts
from tests.export.oddplans import plans
from tests.export.plans import ROOT, Exported, export, plan
from tests.export.test_yamldump import TEXTS
from tests.export.yamlreaders import BATCH, EXAMPLES, NEEDS_KUBECTL, by_kubectl, validate

REDIS = "redis: redis-server --port $PORT\n"
LABEL = re.compile(r"[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")
"""A name that a Service can have, too (RFC 1035)."""
MOST = 2**31 - 1


def expanded(text: str, known: dict[str, str]) -> str:
    """What becomes of `$(NAME)` (EnvVar v1 core): a value, or it stays if there is none; `$$` is a `$`.

    As the kubelet has it: of a `$` before anything else the next byte is taken for a letter.
    """
    data, found, at = text.encode(), b"", 0
    while at < len(data):
        rest = data[at + 1 :]
        if data[at : at + 1] != b"$" or not rest:
            found, at = found + data[at : at + 1], at + 1
        elif rest[:1] == b"$":
            found, at = found + b"$", at + 2
        elif rest[:1] == b"(" and b")" in rest:
            name = rest[1 : rest.index(b")")].decode()
            found += known[name].encode() if name in known else f"$({name})".encode()
            at += len(name.encode()) + 3
        else:
            found, at = found + b"$" + chr(rest[0]).encode(), at + 2
    return found.decode(errors="replace")


def exported(lines: str = "web: ./web\n", said: str = "", **fields: Any) -> Exported:
    return export("kubernetes", plan(lines, said, **fields))


def documents(found: Exported) -> dict[str, Any]:
    """By kind and name; each is valid in three versions, keys that there are not are none."""
    read = {f"{each['kind']} {each['metadata']['name']}": each for each in loaded(found)}
    for each in read.values():
        validate(each)
    return read


def loaded(found: Exported) -> list[Any]:
    (file,) = found.files.values()
    return [*yaml.safe_load_all(file.text)]


def pod(found: Exported, name: str = "Deployment shop-web") -> dict[str, Any]:
    spec = documents(found)[name]["spec"]
    spec = spec.get("jobTemplate", {"spec": spec})["spec"]
    read: dict[str, Any] = spec["template"]["spec"]
    return read


def container(found: Exported, name: str = "Deployment shop-web") -> dict[str, Any]:
    read: dict[str, Any] = pod(found, name)["containers"][0]
    return read


def of_web(said: str) -> str:
    return f"processes: {{web: {{{said}}}}}\n"


def of_task(said: str = "", schedule: str = "'@daily'") -> str:
    command = "" if "command:" in said else "command: ./t, "
    more = f", {said}" if said else ""
    return f"tasks: {{t: {{{command}schedule: {schedule}{more}}}}}\n"


def cronjob(said: str = "", schedule: str = "'@daily'") -> dict[str, Any]:
    found = documents(exported("", of_task(said, schedule)))["CronJob shop-t"]["spec"]
    return dict(found)


def test_each_type_is_a_deployment_of_one_image() -> None:
    found = exported("web: ./web\nworker: ./worker\n")
    assert [*documents(found)] == [
        "Secret shop",
        "Deployment shop-web",
        "Service shop-web",
        "Deployment shop-worker",
    ]
    worker = container(found, "Deployment shop-worker")
    assert (worker["image"], worker["command"]) == ("shop:latest", ["/bin/sh", "-c", "exec ./worker"])


def test_a_deployment_and_its_service_find_their_pods_and_no_others() -> None:
    said = "tasks: {web: {command: ./t, schedule: '@daily'}}\n"
    read = documents(exported(said=said))
    labels = read["Deployment shop-web"]["spec"]["template"]["metadata"]["labels"]
    assert read["Deployment shop-web"]["spec"]["selector"]["matchLabels"] == labels
    assert read["Service shop-web"]["spec"]["selector"] == labels
    job = read["CronJob shop-web-2"]["spec"]["jobTemplate"]
    assert job["spec"]["template"]["metadata"]["labels"] != labels


def test_variables_of_all_are_in_a_secret_and_nothing_in_it_is_replaced() -> None:
    found = exported(env={"A": "$(B) $$ é", "N": "1e3"})
    assert documents(found)["Secret shop"]["stringData"] == {
        "A": "$(B) $$ é",
        "N": "1e3",
        "PROCMAN_PORT_WEB": "5000",
    }
    assert container(found)["envFrom"] == [{"secretRef": {"name": "shop"}}]
    assert found.files["shop.yaml"].mode == PRIVATE


def test_own_variables_are_in_the_container() -> None:
    env = container(exported(said=of_web("env: {B: 'c$(A)'}")))["env"]
    assert {each["name"]: each["value"] for each in env} == {
        "B": "c$$(A)",
        "PORT": "5000",
        "PS": "web.1",
        "PROCMAN_PROCESS": "web.1",
    }


def test_ready_is_a_startup_probe_and_alive_a_liveness_probe() -> None:
    said = of_web(
        "ready: {http: '/up?a=b', within: 1m, every: 2s}, alive: {tcp: 6379, every: 7s, failures: 4}"
    )
    found = container(exported(said=said))
    assert found["startupProbe"] == {
        "httpGet": {
            "path": "/up?a=b",
            "port": 5000,
            "httpHeaders": [{"name": "Host", "value": "localhost:5000"}],
        },
        "periodSeconds": 2,
        "timeoutSeconds": 2,
        "failureThreshold": 30,
    }
    assert found["livenessProbe"] == {
        "tcpSocket": {"port": 6379},
        "periodSeconds": 7,
        "timeoutSeconds": 5,
        "failureThreshold": 4,
    }


def test_probes_may_ask_elsewhere_or_a_command() -> None:
    said = of_web("cwd: app, ready: {cmd: 'is $(A)'}, alive: {http: 'http://other:81/x'}")
    found = container(exported(said=said))
    assert found["startupProbe"]["exec"]["command"][2] == "cd ./app || exit; is $$(A)"
    assert found["livenessProbe"]["httpGet"] == {"path": "/x", "port": 81, "host": "other"}


def test_times_of_probes_are_rounded_up_and_that_is_said() -> None:
    found = exported(said=of_web("ready: {tcp: port, every: 1500ms, within: 3s}"))
    probe = container(found)["startupProbe"]
    assert (probe["periodSeconds"], probe["failureThreshold"]) == (2, 2)
    assert [note for note in found.notes if "ready" in note] == [
        "web: 'ready: every: 1.5 s' is 2s there",
        "web: 'ready: within: 3 s' is 4s there",
    ]


@pytest.mark.parametrize(
    ("said", "notes"),
    [
        ("ready: {tcp: port, within: 47s, every: 17s}", ["web: 'ready: within: 47 s' is 51s there"]),
        ("ready: {tcp: port, within: 1500ms}", ["web: 'ready: within: 1.5 s' is 2s there"]),
        ("ready: {tcp: port, within: 36h}", []),
        ("ready: {tcp: port, timeout: 1ms}", ["web: 'ready: timeout: 1 ms' is 1s there"]),
        (
            "alive: {tcp: port, every: 500ms, timeout: 500ms}",
            ["every: 500 ms' is 1s", "timeout: 500 ms' is 1s"],
        ),
        ("alive: {tcp: port, every: 89.6s}", ["web: 'alive: every: 89.6 s' is 90s there"]),
        ("timeout: 89.6s", ["web: 'timeout: 89.6 s' is 90s there"]),
        ("timeout: 0", ["web: 'timeout: 0 s' is 1s there"]),
        ("timeout: 36h", []),
    ],
)
def test_odd_times_are_exact_or_said(said: str, notes: list[str]) -> None:
    found = [note for note in exported(said=of_web(said)).notes if note.endswith("s there")]
    assert len(found) == len(notes)
    assert all(text in note for text, note in zip(notes, found, strict=True))


def test_times_that_have_no_room_there_are_the_longest_that_have() -> None:
    found = exported(said=of_web("ready: {tcp: port, within: 36500d, every: 1s}"))
    assert container(found)["startupProbe"]["failureThreshold"] == MOST
    assert any("ready: within: 36500 d' is 2147483647s there" in note for note in found.notes)


def test_time_to_stop_is_whole_seconds_and_that_is_said() -> None:
    found = exported(timeout=2.5)
    assert pod(found)["terminationGracePeriodSeconds"] == 3
    assert "'-T 2.5 s' is 3s there" in found.notes


def test_the_usual_pause_of_a_fifth_of_a_second_is_nobodys_wish() -> None:
    assert not [note for note in exported(said=of_web("ready: {tcp: port}")).notes if "every" in note]


def test_a_service_has_the_ports_by_which_others_find_it() -> None:
    said = "processes: {redis: {ready: {tcp: 6379}}, rpc: {listen: 8081}, db: {ready: {tcp: 'other:1'}}}\n"
    lines = "web: ./web $PROCMAN_PORT_API\napi: ./api\nworker: ./w\nrpc: ./rpc\nmail: ./m\ndb: ./db\n"
    read = documents(exported(f"{lines}release: ./r $PROCMAN_PORT_MAIL\n{REDIS}", said))
    ports = {name: each["spec"]["ports"] for name, each in read.items() if name.startswith("Service")}
    assert ports == {
        "Service shop-web": [{"name": "port-5000", "port": 5000}],
        "Service shop-api": [{"name": "port-5100", "port": 5100}],
        "Service shop-redis": [{"name": "port-6379", "port": 6379}],
        "Service shop-rpc": [{"name": "port-8081", "port": 8081}],
        "Service shop-mail": [{"name": "port-5400", "port": 5400}],
    }


def test_stops_are_as_they_are_here() -> None:
    found = pod(exported())
    assert (found["terminationGracePeriodSeconds"], found["shareProcessNamespace"]) == (5, True)
    found = pod(exported(said=of_web("stop_signal: QUIT, timeout: 90s")))
    stop = found["containers"][0]["lifecycle"]["preStop"]["exec"]["command"][2]
    assert found["terminationGracePeriodSeconds"] == 90
    assert stop == "kill -QUIT 1; while kill -0 1; do sleep 1; done"
    assert "shareProcessNamespace" not in found


@pytest.mark.parametrize(("said", "noted"), [("QUIT", True), ("TERM", False)])
def test_another_signal_is_one_for_process_1_and_that_is_said(said: str, noted: bool) -> None:
    found = exported(said=of_web(f"stop_signal: {said}"))
    assert any("stop_signal: SIGQUIT' is sent to process 1" in note for note in found.notes) is noted
    assert ("lifecycle" in container(found)) is noted


def test_surroundings() -> None:
    said = "max_memory: 512M, nofile: 1024, user: somebody, pty: always, stdin: 'null', umask: '077'"
    found = pod(exported(said=of_web(said)))
    assert found["securityContext"] == {"runAsUser": 1234, "runAsGroup": 1234}
    read = found["containers"][0]
    assert (read["resources"], read["tty"], read["stdin"]) == ({"limits": {"memory": "512Mi"}}, True, False)
    assert read["command"][2] == "ulimit -n 1024 || exit; umask 077; exec ./web"


def test_a_namespace_that_is_restricted_takes_all_pods() -> None:
    """Pod Security Standards, Restricted; but for those that shall be root."""
    what = plan(
        "web: ./web\nrelease: ./migrate\n", "tasks: {a: {command: ./a, schedule: '@daily'}, b: ./b}\n"
    )
    wanted = {
        "runAsNonRoot": True,
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    found = export("kubernetes", what)
    for name in ("Deployment shop-web", "Job shop-release", "CronJob shop-a", "Deployment shop-scheduler"):
        assert container(found, name)["securityContext"] == wanted
    account = Account(0, 0, (), "root", "/root")
    web = what.types[0]._replace(policies=what.types[0].policies._replace(account=account))
    rooted = export("kubernetes", what._replace(types=(web,)))
    assert "securityContext" not in container(rooted)
    assert pod(rooted)["securityContext"] == {"runAsUser": 0, "runAsGroup": 0}


@pytest.mark.parametrize(
    ("said", "start"),
    [
        (
            "autostart: false",
            "Deployment of 0 there: 'kubectl scale --replicas=1 deployment/shop-web' starts it",
        ),
        ("autostart: false, instances: 3", "'kubectl scale --replicas=3 deployment/shop-web' starts it"),
        ("autostart: false, oneshot: true", "web: 'autostart: false' is a Job there that is suspended"),
    ],
)
def test_how_to_start_what_does_not_start_is_said(said: str, start: str) -> None:
    assert any(note.endswith(start) for note in exported(said=of_web(said)).notes)


def test_a_folder_that_is_not_the_apps_is_told() -> None:
    notes = exported(said=of_web("cwd: ../up")).notes
    assert notes[-1].endswith("/up' is outside of the app's folder: the image has to have it")
    assert not any("cwd" in note for note in exported(said=of_web("cwd: app")).notes)


@pytest.mark.parametrize(("said", "replicas"), [("instances: 3", 3), ("autostart: false", 0), ("nice: 1", 1)])
def test_replicas(said: str, replicas: int) -> None:
    assert documents(exported(said=of_web(said)))["Deployment shop-web"]["spec"]["replicas"] == replicas


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("oneshot: true", {"backoffLimit": 0}),
        ("oneshot: true, restart: on-failure", {"backoffLimit": 9}),
        ("oneshot: true, restart: on-failure, backoff: {give_up_after: never}", {"backoffLimit": 2147483647}),
        ("oneshot: true, instances: 2", {"completions": 2, "parallelism": 2, "backoffLimit": 0}),
        ("oneshot: true, autostart: false", {"suspend": True, "backoffLimit": 0}),
    ],
)
def test_what_is_to_end_is_a_job(said: str, expected: dict[str, Any]) -> None:
    spec = documents(exported(said=of_web(said)))["Job shop-web"]["spec"]
    assert spec["template"]["spec"]["restartPolicy"] == "Never"
    assert {key: value for key, value in spec.items() if key != "template"} == expected


@pytest.mark.parametrize(
    ("said", "notes"),
    [
        ("oneshot: true, restart: on-failure, backoff: {give_up_after: 4}", []),
        ("oneshot: true, restart: on-failure, backoff: {initial: 3s}", ["backoff: initial: 3 s"]),
        ("oneshot: true, restart: on-failure, instances: 2", ["instances: 2", "restart: on-failure"]),
        ("oneshot: true, instances: 2", ["instances: 2"]),
        ("oneshot: true, depends_on: redis", ["depends_on: redis ready"]),
        ("oneshot: true, restart: on-failure, depends_on: redis", ["depends_on: redis ready"]),
        ("restart: always, depends_on: redis", ["depends_on: redis ready"]),
        ("restart: always, backoff: {give_up_after: 4}", ["backoff: give_up_after: 4"]),
    ],
)
def test_what_becomes_of_restarts_is_said(said: str, notes: list[str]) -> None:
    found = exported("web: ./web\n" + REDIS, of_web(said))
    assert [note.said for note in found.export.notes if note.about == "web"] == notes
    (sentence,) = [note for note in found.notes if "depends_on" in note] or [""]
    assert sentence.endswith("has failed") is ("oneshot: true, depends_on" in said)
    assert sentence.endswith("tried again") is ("on-failure, depends_on" in said)


def test_times_of_a_question_that_is_not_asked_are_told() -> None:
    notes = exported(
        said=of_web("ready: {log: up, within: 47s}, alive: {notify: true, every: 17s}")
    ).export.notes
    assert [note.said for note in notes if note.about == "web" and note.said != "restart"] == [
        *("ready: log: up", "alive: notify: true", "ready: within: 47 s", "alive: every: 17 s")
    ]


@pytest.mark.parametrize(("restart", "noted"), [("never", 1), ("on-failure", 1), ("always", 0)])
def test_a_deployment_restarts_always_and_says_so(restart: str, noted: int) -> None:
    notes = exported(said=of_web(f"restart: {restart}")).notes
    assert len([note for note in notes if note.startswith(f"web: 'restart: {restart}'")]) == noted


def test_a_release_is_a_job_that_is_awaited_before_the_others() -> None:
    found = exported("web: ./web\nrelease: echo $(A)\n")
    assert container(found, "Job shop-release")["command"][2].endswith("echo $$(A)")
    assert found.export.then[1:] == (
        "kubectl delete job --ignore-not-found --selector app.kubernetes.io/name=shop",
        "kubectl apply --filename shop.yaml"
        " --selector 'app.kubernetes.io/component in (environment,release)'",
        "kubectl wait --for=condition=complete --timeout=10m job/shop-release",
        "kubectl apply --filename shop.yaml",
    )


@pytest.mark.parametrize(("said", "deleted"), [("oneshot: true", True), ("nice: 1", False)])
def test_jobs_that_have_run_make_room(said: str, deleted: bool) -> None:
    then = exported(said=of_web(said)).export.then
    assert any(line.startswith("kubectl delete job") for line in then) is deleted


def test_a_task_is_a_cronjob() -> None:
    found = exported("", of_task("timeout: 90s, retries: 3, grace: 10m, desc: 'Says: it'"))
    read = documents(found)["CronJob shop-t"]
    assert read["metadata"]["annotations"] == {"kubernetes.io/description": "Says: it"}
    job = read["spec"].pop("jobTemplate")["spec"]
    assert read["spec"] == {
        "schedule": "0 0 * * *",
        "timeZone": "Europe/Berlin",
        "concurrencyPolicy": "Forbid",
        "startingDeadlineSeconds": 600,
    }
    assert (job["backoffLimit"], job["template"]["spec"]["activeDeadlineSeconds"]) == (3, 90)
    assert "activeDeadlineSeconds" not in job  # it would be one for all attempts
    assert job["template"]["spec"]["restartPolicy"] == "Never"
    assert found.export.scheduled == ()


@pytest.mark.parametrize(
    ("said", "key", "value"),
    [
        ("overlap: skip", "concurrencyPolicy", "Forbid"),
        ("overlap: queue", "concurrencyPolicy", "Forbid"),
        ("overlap: allow", "concurrencyPolicy", "Allow"),
        ("overlap: replace", "concurrencyPolicy", "Replace"),
        ("missed: skip", "startingDeadlineSeconds", 10),
        ("grace: 3s", "startingDeadlineSeconds", 10),
        ("enabled: false", "suspend", True),
    ],
)
def test_keys_of_cronjobs(said: str, key: str, value: object) -> None:
    assert cronjob(said)[key] == value


def test_what_is_not_quite_the_same_is_said() -> None:
    assert (
        "t: 'overlap: queue' has no counterpart: skipped ticks instead"
        in exported("", of_task("overlap: queue")).notes
    )
    assert "t: 'grace: 3 s' is 10s there" in exported("", of_task("grace: 3s")).notes
    assert "t: 'timeout: 500 ms' is 1s there" in exported("", of_task("timeout: 500ms")).notes
    assert not any("grace" in note for note in exported("", of_task("grace: 36h")).notes)
    skipped = "'overlap: skip' is Forbid there, which starts a skipped tick when the run has ended: t"
    assert skipped in exported("", of_task()).notes
    assert skipped not in exported("", of_task("timeout: 1h")).notes
    assert skipped not in exported("", of_task("missed: skip")).notes


@pytest.mark.parametrize(
    ("said", "schedule"),
    [
        ("jitter: 5s", "'@daily'"),
        ("missed: all", "'@daily'"),
        ("on_lost: rerun", "'@daily'"),
        ("on_stop: rerun", "'@daily'"),
        ("retries: 7", "'@daily'"),
        ("retries: 2, retry_delay: 11s", "'@daily'"),
        ("", "['@daily', '@weekly']"),
        ("", "'30 2 * * *'"),
        ("", "'@reboot'"),
        ("command: 'echo $PROCMAN_RUN_ID'", "'@daily'"),
        ("command: 'echo $PROCMAN_ATTEMPT'", "'@daily'"),
        ("command: 'echo $PROCMAN_SCHEDULED_AT'", "'@daily'"),
    ],
)
def test_what_a_cronjob_cannot_say_is_left_to_a_scheduler(said: str, schedule: str) -> None:
    found = exported("", of_task(said, schedule))
    read = documents(found)
    assert found.export.scheduled == ("t",)
    assert not [name for name in read if name.startswith("CronJob")]
    spec = read["Deployment shop-scheduler"]["spec"]
    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})
    assert spec["template"]["spec"]["containers"][0]["command"] == ["procman", "scheduler", "-t", "5"]
    claim = spec["template"]["spec"]["volumes"][0]["persistentVolumeClaim"]["claimName"]
    assert f"PersistentVolumeClaim {claim}" in read


def test_nothing_is_told_of_what_the_scheduler_does_as_it_is_said() -> None:
    found = exported("", of_task("overlap: queue, retries: 7, timeout: 500ms, keep: 3"))
    assert [note.about for note in found.export.notes] == [""]


def test_the_scheduler_has_only_what_is_left() -> None:
    said = "tasks: {a: {command: ./a, schedule: '@daily'}, b: {command: ./b, schedule: '@reboot'}}\n"
    command = container(exported("", said, typed=("-d", ROOT, "-p", "7000")), "Deployment shop-scheduler")[
        "command"
    ]
    assert command == ["procman", "scheduler", "-p", "7000", "-t", "5", "b"]


def test_all_tasks_can_be_left_to_the_scheduler() -> None:
    found = exported("", of_task(), all_to_scheduler=True)
    assert found.export.scheduled == ("t",)


def test_jobs_of_the_app_have_a_scheduler_even_if_all_schedules_are_native() -> None:
    said = "tasks: {a: {command: ./a, schedule: '@daily'}, job: ./job}\n"
    found = exported("web: ./web\n", said)
    assert found.export.scheduled == ("job",)
    assert [name for name in documents(found) if "CronJob" in name] == ["CronJob shop-a"]
    scheduler = container(found, "Deployment shop-scheduler")
    assert scheduler["command"] == ["procman", "scheduler", "-t", "5", "job"]
    assert scheduler["env"] == [{"name": "PROCMAN_STATE", "value": "/var/lib/procman/state"}]
    assert scheduler["volumeMounts"] == [{"name": "state", "mountPath": "/var/lib/procman"}]
    assert pod(found, "Deployment shop-scheduler")["securityContext"] == {"fsGroup": 1000}


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("tasks: {job: ./job}\n", "'enqueue' is heard from the pod of shop-scheduler alone, as in"),
        ("tasks: {a: {command: ./a, schedule: '@daily'}}\n", "'enqueue' is not heard there: no procman runs"),
        ("", ""),
    ],
)
def test_who_hears_what_is_asked_for_is_said(said: str, text: str) -> None:
    found = exported(said=said)
    notes = [note for note in found.notes if "enqueue" in note]
    assert len(notes) == bool(text)
    assert all(note.startswith(text) for note in notes)
    assert any("PROCMAN_RUN_ID" in note for note in found.notes) is ("@daily" in said)


def test_a_scheduler_whose_store_is_on_a_server_keeps_nothing_and_may_be_one_of_several() -> None:
    found = exported(said="tasks: {job: ./job}\n", on_server=True)
    read = documents(found)
    assert not [name for name in read if name.startswith("PersistentVolumeClaim")]
    assert read["Deployment shop-scheduler"]["spec"]["strategy"] == {"type": "RollingUpdate"}
    scheduler = pod(found, "Deployment shop-scheduler")
    assert scheduler["volumes"] == [{"name": "state", "emptyDir": {}}]
    assert scheduler["securityContext"] == {"fsGroup": 1000}
    assert not [note for note in found.notes if "enqueue" in note]


def test_without_a_scheduler_a_store_on_a_server_is_heard_elsewhere() -> None:
    found = exported(said=of_task(), on_server=True)
    (note,) = [note for note in found.notes if "enqueue" in note]
    assert note == (
        "'enqueue' is heard where a procman has the same store: none runs there. With --scheduler one does"
    )


@pytest.mark.parametrize(
    ("said", "scheduled"), [("concurrency: 2", ()), ("concurrency: 2, overlap: allow", ("t",))]
)
def test_runs_beside_each_other_are_counted_by_a_scheduler(said: str, scheduled: tuple[str, ...]) -> None:
    assert exported(said=of_task(said)).export.scheduled == scheduled


def test_names_are_labels_of_dns_and_no_two_are_the_same() -> None:
    lines = "web_ui: a\nweb.ui: b\nWEB: c\n_: d\n9: e\nscheduler: f\n" + "x" * 80 + ": g\n"
    said = "tasks: {web-ui: {command: ./t, schedule: '@daily'}, s: {command: ./t, schedule: '@reboot'}}\n"
    found = exported(lines, said)
    names = [name for name in documents(found) if name.startswith(("Deployment", "CronJob"))]
    assert names[:6] == [
        "Deployment shop-web-ui",
        "Deployment shop-web-ui-2",
        "Deployment shop-web",
        "Deployment shop-x",
        "Deployment shop-x-9",
        "Deployment shop-scheduler",
    ]
    assert names[7:] == ["CronJob shop-web-ui-3", "Deployment shop-scheduler-2"]
    assert len(names[6].removeprefix("Deployment ")) == 63
    assert "web.ui: 'web.ui' is called shop-web-ui-2 there" in found.notes


def test_without_values_a_secret_of_the_file_is_named() -> None:
    found = exported(embed_environment=False, env_files=(f"{ROOT}/.env",))
    assert container(found)["envFrom"] == [
        {"secretRef": {"name": "shop-env"}},
        {"secretRef": {"name": "shop"}},
    ]
    assert found.export.then[1] == (
        f"kubectl create secret generic shop-env --from-env-file={ROOT}/.env --dry-run=client --output=yaml"
        " | kubectl apply --filename -"
    )


def test_what_is_of_this_machine_or_read_by_others_is_told() -> None:
    found = exported(
        log="/var/log/shop", run="/run/shop", embed_environment=False, env_files=("/srv/shop/.env",)
    )
    assert found.notes[1:] == [
        "'log: /var/log/shop' is no folder there: 'kubectl logs' shows what was written",
        "'run: /run/shop' is no folder there: nothing needs pid files",
        "'.env' is read by kubectl, which leaves quotes and ${NAME} as they are",
    ]
    assert found.notes[0].endswith("a server listens on 0.0.0.0, and others find it as shop-web:5000")


def test_notes_on_a_release_are_told_as_well() -> None:
    said = "processes: {release: {user: somebody, timeout: 1500ms, nice: 3}}\n"
    notes = exported("web: ./web\nrelease: ./migrate\n", said).export.notes
    assert [note.said for note in notes if note.about == "release"] == [
        *("nice: 3", "user: somebody", "timeout: 1.5 s")
    ]


def test_an_app_of_another_name_is_told() -> None:
    assert "'My_App' is called my-app there" in exported(app="My_App").notes


def test_what_is_typed_next_can_be_pasted_into_a_shell() -> None:
    what = plan("web: ./web\n", env={"A": "1"}, root="/srv/my shop", folder="/srv/out files")
    what = what._replace(embed_environment=False, env_files=("/srv/my shop/.env",))
    then = [shlex.split(line) for line in export("kubernetes", what).export.then]
    assert then[0][-1] == "/srv/my shop"
    assert then[1][5] == "--from-env-file=/srv/my shop/.env"
    assert then[2] == ["kubectl", "apply", "--filename", "/srv/out files/shop.yaml"]


@pytest.mark.parametrize("name", ["é", "1A", "A/B", "..", "A$"])
def test_a_name_that_no_variable_has_there_is_a_mistake(name: str) -> None:
    with pytest.raises(UserError, match="no variable can be called"):
        exported(env={name: "1"})


def test_more_than_kubectl_applies_is_a_mistake() -> None:
    with pytest.raises(UserError, match="the Secret shop has more in it than the 256 KiB that") as raised:
        exported(env={f"A{number}": "x" * 100_000 for number in range(3)})
    assert "xxx" not in str(raised.value)
    with pytest.raises(UserError, match="256 KiB"):
        exported(env={"A": "é" * 140_000})


def test_what_yaml_cannot_hold_is_named_and_not_shown() -> None:
    with pytest.raises(UserError, match="SECRET has a NUL") as raised:
        exported(env={"SECRET": "hush\udcff"})
    assert "hush" not in str(raised.value)


def test_the_oracle_expands_as_the_documentation_says() -> None:
    known = {"A": "b"}
    for text, expected in [
        ("$(A)", "b"),
        ("$$(A)", "$(A)"),
        ("$$$(A)", "$b"),
        ("$(B)", "$(B)"),
        ("$(A", "$(A"),
        ("$A $", "$A $"),
        ("$$", "$"),
    ]:
        assert expanded(text, known) == expected


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.one_of(TEXTS, st.text("$()A é", max_size=12)), TEXTS)
def test_any_command_and_any_value_come_back(command: str, value: str) -> None:
    what = plan("web: ./web\n", env={"A": value})
    process = what.types[0].processes[0]
    process = process._replace(command=command, environment={**process.environment, "B": command})
    types = (what.types[0]._replace(processes=(process,)),)
    read = loaded(export("kubernetes", what._replace(types=types)))
    known = {"A": "wrong", "PORT": "wrong", "": "wrong"}
    found = read[1]["spec"]["template"]["spec"]["containers"][0]
    assert [expanded(word, known) for word in found["command"]] == ["/bin/sh", "-c", shell_line(process)]
    assert {each["name"]: expanded(each["value"], known) for each in found["env"]}["B"] == command
    assert read[0]["stringData"]["A"] == value


@NEEDS_KUBECTL
@settings(max_examples=max(1, EXAMPLES // BATCH), deadline=None)
@given(st.lists(TEXTS, min_size=BATCH, max_size=BATCH))
def test_any_value_comes_back_from_kubectl(values: list[str]) -> None:
    env = {f"A{number}": value for number, value in enumerate(values)}
    what = plan("web: ./web\n", env=env)
    process = what.types[0].processes[0]
    types = (what.types[0]._replace(processes=(process._replace(environment=env),)),)
    read = by_kubectl(export("kubernetes", what._replace(types=types)).text("shop.yaml"))
    own = {
        each["name"]: each.get("value", "")
        for each in read[1]["spec"]["template"]["spec"]["containers"][0]["env"]
    }
    assert {name: expanded(value, env) for name, value in own.items()} == env
    assert {name: read[0]["stringData"][name] for name in env} == env


@settings(max_examples=EXAMPLES, deadline=None)
@given(texts(), texts())
def test_any_word_and_any_value_come_back_from_the_shell(word: str, value: str) -> None:
    what = plan("web: ./web\n", env={"A": value})
    process = what.types[0].processes[0]
    command = f'printf \'%s\\0\' "$A" "$B" {shlex.quote(word)}'
    process = process._replace(command=command, environment={**process.environment, "B": value})
    read = loaded(export("kubernetes", what._replace(types=(what.types[0]._replace(processes=(process,)),))))
    found = read[1]["spec"]["template"]["spec"]["containers"][0]
    known = read[0]["stringData"]
    own = {each["name"]: expanded(each["value"], known) for each in found["env"]}
    words = [expanded(each, {**known, **own}) for each in found["command"]]
    ran = subprocess.run(words, env={**known, **own}, stdout=subprocess.PIPE, check=True)
    assert ran.stdout == f"{value}\0{value}\0{word}\0".encode()


@settings(max_examples=max(1, EXAMPLES // 4), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(plans())
def test_a_cluster_takes_any_plan(what: ExportPlan) -> None:
    found = loaded(export("kubernetes", what))
    assert len({(each["kind"], each["metadata"]["name"]) for each in found}) == len(found)
    for each in found:
        validate(each)
        assert LABEL.fullmatch(each["metadata"]["name"])
        assert len(each["metadata"]["name"]) <= (52 if each["kind"] == "CronJob" else 63)
    pods_ = [*filter(None, map(template, found))]
    for each in pods_:
        takes(each["spec"])
    selectors = [each["spec"]["selector"] for each in found if each["kind"] in ("Deployment", "Service")]
    for selector in (each.get("matchLabels", each) for each in selectors):
        assert sum(each["metadata"]["labels"] == selector for each in pods_) == 1


def template(document: dict[str, Any]) -> dict[str, Any] | None:
    """The pod that an object makes."""
    spec = document.get("spec", {})
    found: dict[str, Any] | None = spec.get("jobTemplate", {"spec": spec})["spec"].get("template")
    return found


def takes(pod_: dict[str, Any]) -> None:
    """What an API server looks at beside the schema (validation of core/v1)."""
    assert pod_["terminationGracePeriodSeconds"] >= 1
    assert 1 <= pod_.get("activeDeadlineSeconds", 1) <= MOST
    (only,) = pod_["containers"]
    assert LABEL.fullmatch(only["name"])
    names = [each["name"] for each in only["env"]]
    assert len({*names}) == len(names)
    ports = [each["containerPort"] for each in only.get("ports", [])]
    assert len({*ports}) == len(ports)
    assert all(1 <= port <= 65535 for port in ports)
    for probe in (only.get("startupProbe", {}), only.get("livenessProbe", {})):
        for key in ("periodSeconds", "timeoutSeconds", "failureThreshold"):
            assert 1 <= probe.get(key, 1) <= MOST
        for asked in (probe.get("httpGet", {}), probe.get("tcpSocket", {})):
            assert 1 <= asked.get("port", 1) <= 65535
