"""Services of a compose file become processes that run the same, and what cannot be carried over is told."""

from __future__ import annotations

import json
import os
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procman.errors import UserError
from tests.importing.loading import loaded
from tests.importing.samples import gather, lost

EXAMPLES = int(os.environ.get("PROCMAN_EXAMPLES", "200"))
SHOP = """\
version: "3.9"
name: shop
x-app: &app
  build: .
  environment: &env
    DATABASE_URL: postgres://app:${DB_PASSWORD:-secret}@db:5432/shop
    RAILS_ENV: development
    COST: $$5
    DEBUG:
  env_file: .env
  depends_on:
    db: {condition: service_healthy}
    redis: {condition: service_started}
    migrate: {condition: service_completed_successfully}
services:
  web:
    <<: *app
    command: bundle exec puma -p ${PORT:-3000}
    ports: ["3000:3000"]
    restart: unless-stopped
    environment:
      <<: *env
      WEB: "1"
    healthcheck:
      test: ["CMD", "curl", "-f", "http://localhost:3000/up"]
      interval: 10s
      timeout: 3s
      retries: 5
      start_period: 30s
  worker:
    <<: *app
    command: ["bundle", "exec", "sidekiq", "-q", "low prio"]
    stop_signal: SIGQUIT
    stop_grace_period: 1m30s
    deploy: {replicas: 2, resources: {limits: {memory: 512M}}}
  migrate:
    build: .
    command: sh -c "exec rake db:migrate && echo done"
  db:
    image: postgres:16
    environment: [POSTGRES_USER=app, "POSTGRES_PASSWORD=${DB_PASSWORD:-secret}"]
    volumes: [pgdata:/var/lib/postgresql/data, ./init:/docker-entrypoint-initdb.d:ro]
    healthcheck:
      test: pg_isready -U app
      interval: 5s
  redis:
    image: redis:7-alpine
    command: redis-server --save ""
  front:
    image: node:20
    working_dir: /code/api
    volumes: [".:/code", /code/node_modules]
    entrypoint: npm
    command: [run, dev]
    profiles: [front]
    develop:
      watch:
        - {path: ./api, action: sync+restart, target: /code, ignore: [node_modules/]}
        - {path: ./html, action: sync, target: /html}
volumes:
  pgdata:
"""
DOCKER = "docker run --rm"


def service(said: str, rest: str = "", name: str = "compose.yml") -> Any:
    """What is found of one service, `web`, which the app builds."""
    text = f"services: {{web: {{build: ., command: ./web, {said}}}{rest}}}\n"
    return gather((name, text))


def web(said: str, rest: str = "") -> dict[str, Any]:
    """Its keys."""
    keys: dict[str, Any] = service(said, rest).processes["web"]
    return keys


def test_an_app_with_its_database_runs_as_in_compose() -> None:
    found = gather(("docker-compose.yml", SHOP))
    loaded(found)
    lines = {name: keys["command"] for name, keys in found.processes.items()}
    before = 'export DATABASE_URL="postgres://app:${DB_PASSWORD:-secret}@db:5432/shop"; '
    assert lines == {
        "web": f"{before}bundle exec puma -p ${{PORT:-3000}}",
        "worker": f"{before}bundle exec sidekiq -q 'low prio'",
        "migrate": "exec rake db:migrate && echo done",
        "db": 'export POSTGRES_PASSWORD="${DB_PASSWORD:-secret}"; '
        f'{DOCKER} --name "shop-$PS" -p 127.0.0.1:5432:5432 -e POSTGRES_USER -e POSTGRES_PASSWORD'
        " -v pgdata:/var/lib/postgresql/data -v ./init:/docker-entrypoint-initdb.d:ro postgres:16",
        "redis": f"{DOCKER} -p 127.0.0.1:6379:6379 redis:7-alpine redis-server --save ''",
        "front": "npm run dev",
    }
    assert found.start == {"timeout": "10s"}


def test_what_a_service_says_becomes_keys() -> None:
    found = gather(("docker-compose.yml", SHOP))
    keys = {name: {**keys, "command": None} for name, keys in found.processes.items()}
    waits = {"db": "ready", "redis": "started", "migrate": "completed"}
    usual = {"RAILS_ENV": "development", "COST": "$5"}
    assert keys["web"] == {
        "command": None,
        "port": 3000,
        "ready": {
            "cmd": "curl -f http://localhost:3000/up",
            "within": "1m20s",
            "every": "10s",
            "timeout": "3s",
        },
        "restart": "always",
        "env": {**usual, "WEB": "1"},
        "depends_on": waits,
    }
    assert keys["worker"] == {
        "command": None,
        "restart": "never",
        "stop_signal": "SIGQUIT",
        "timeout": "1m30s",
        "instances": 2,
        "max_memory": "512M",
        "env": usual,
        "depends_on": waits,
    }
    assert keys["migrate"] == {"command": None, "oneshot": True}
    assert keys["db"]["ready"]["cmd"] == "docker exec \"shop-$PS\" /bin/sh -c 'pg_isready -U app'"
    assert keys["front"] == {
        "command": None,
        "cwd": "api",
        "restart": "never",
        "autostart": False,
        "watch": ["api/", "!api/node_modules/"],
    }


def test_what_is_not_carried_over_is_told_with_its_line() -> None:
    told = [each.removeprefix("docker-compose.yml:") for each in lost(gather(("docker-compose.yml", SHOP)))]
    build = (
        "build: nothing is built: what the Dockerfile installs and its ENTRYPOINT does is up to this machine"
    )
    url = "environment: DATABASE_URL: the service 'db' is at 127.0.0.1 here: write that"
    assert told == [
        f"4: web, worker: {build}",
        f"6: web, worker: {url}",
        "20: web: restart: procman gives up after 10 failures in a row, docker never:"
        " 'backoff: {give_up_after: never}' does as docker",
        f"37: migrate: {build}",
        "40: db: image: if it is not here, docker fetches it first, and by then the time to be 'ready' is"
        " over: 'docker pull' it before",
    ]


CARRIED: dict[str, tuple[str, dict[str, Any]]] = {
    "command": ("./other", {"command": "./other"}),
    "entrypoint": ("./first", {"command": "./first ./web"}),
    "environment": ("{A: b}", {"env": {"A": "b"}}),
    "env_file": ("[.env]", {}),
    "ports": ('["80:8080"]', {"port": 8080}),
    "expose": ('["8080"]', {"port": 8080}),
    "depends_on": ("[other]", {"depends_on": {"other": "started"}}),
    "links": ('["other:alias"]', {"depends_on": {"other": "started"}}),
    "healthcheck": ("{test: [CMD, a]}", {"ready": {"cmd": "a", "within": "1m30s"}}),
    "restart": ('"on-failure:4"', {"restart": "on-failure", "backoff": {"give_up_after": 5}}),
    "stop_signal": ("SIGINT", {"stop_signal": "SIGINT"}),
    "stop_grace_period": ("3s", {"timeout": "3s"}),
    "working_dir": ("/var/lib/shop", {"cwd": "/var/lib/shop"}),
    "user": ("www-data:www-data", {"user": "www-data", "group": "www-data"}),
    "scale": ("3", {"instances": 3}),
    "deploy": ("{replicas: 3}", {"instances": 3}),
    "mem_limit": ("512m", {"max_memory": "512m"}),
    "ulimits": ("{nofile: 1024}", {"nofile": 1024}),
    "tty": ("true", {"pty": "always"}),
    "stdin_open": ("false", {"stdin": "null"}),
    "profiles": ("[web]", {"autostart": False}),
    "develop": ("{watch: [{path: ./src, action: restart}]}", {"watch": ["src/"]}),
    "extends": ("other", {"stop_signal": "SIGHUP"}),
    "x-mine": ("{a: b}", {}),
    "image": ("mine", {}),
    "init": ("true", {}),
    "pull_policy": ("build", {}),
    "pull_refresh_after": ("1d", {}),
    "build": ("./api", {"cwd": "api"}),
}
"""Keys of the Compose Specification with a value, and what becomes of it: nothing, where it is so anyhow."""
TOLD = {
    "annotations": "{a: b}",
    "attach": "false",
    "blkio_config": "{weight: 300}",
    "cap_add": "[ALL]",
    "cap_drop": "[NET_ADMIN]",
    "cgroup": "host",
    "cgroup_parent": "m-executor-abcd",
    "configs": "[my_config]",
    "container_name": "my-web",
    "cpu_count": "2",
    "cpu_percent": "50",
    "cpu_period": "100",
    "cpu_quota": "100",
    "cpu_rt_period": "100",
    "cpu_rt_runtime": "100",
    "cpu_shares": "100",
    "cpus": "0.5",
    "cpuset": '"0-3"',
    "credential_spec": "{file: my.json}",
    "device_cgroup_rules": "['c 1:3 mr']",
    "devices": '["/dev/ttyUSB0:/dev/ttyUSB0"]',
    "dns": "8.8.8.8",
    "dns_opt": "[use-vc]",
    "dns_search": "example.com",
    "domainname": "example.com",
    "external_links": "[redis]",
    "extra_hosts": '["somehost:162.242.195.82"]',
    "gpus": "all",
    "group_add": "[mail]",
    "hostname": "web",
    "ipc": "host",
    "isolation": "default",
    "label_file": "./app.labels",
    "labels": "{com.example.a: b}",
    "logging": "{driver: syslog}",
    "mac_address": "'02:42:ac:11:65:43'",
    "mem_reservation": "100m",
    "mem_swappiness": "10",
    "memswap_limit": "1g",
    "models": "[my_model]",
    "network_mode": "host",
    "networks": "[front]",
    "oom_kill_disable": "true",
    "oom_score_adj": "100",
    "pid": "host",
    "pids_limit": "10",
    "platform": "linux/arm64",
    "post_start": "[{command: ./a}]",
    "pre_stop": "[{command: ./a}]",
    "privileged": "true",
    "provider": "{type: cloud}",
    "read_only": "true",
    "runtime": "runc",
    "secrets": "[my_secret]",
    "security_opt": "[label=disable]",
    "shm_size": "64m",
    "storage_opt": "{size: 1G}",
    "sysctls": "{net.core.somaxconn: 1024}",
    "tmpfs": "/run",
    "use_api_socket": "true",
    "userns_mode": "host",
    "uts": "host",
    "volumes": '["./data:/data"]',
    "volumes_from": "[other]",
    "unheard_of": "1",
}
OTHER = ", other: {build: ., command: ./other, stop_signal: SIGHUP}"


@pytest.mark.parametrize("key", CARRIED)
def test_a_key_of_a_service_is_carried_over(key: str) -> None:
    value, expected = CARRIED[key]
    found = gather(
        ("compose.yml", f"services: {{web: {{build: ., command: ./web, {key}: {value}}}{OTHER}}}\n")
    )
    if key in ("build", "command"):
        text = (
            f"services: {{web: {{{key}: {value}, command: ./web}}}}\n"
            if key == "build"
            else (f"services: {{web: {{build: ., {key}: {value}}}}}\n")
        )
        found = gather(("compose.yml", text))
    loaded(found)
    keys = {"command": "./web", "restart": "never", **expected}
    assert found.processes["web"] == keys
    assert not [each for each in lost(found) if f"web: {key}" in each and key not in ("build", "ports")]


@pytest.mark.parametrize("key", TOLD)
def test_a_key_that_means_nothing_without_containers_is_told_once(key: str) -> None:
    found = gather(
        ("compose.yml", f"services:\n  web:\n    build: .\n    command: ./web\n    {key}: {TOLD[key]}\n")
    )
    assert found.processes["web"] == {"command": "./web", "restart": "never"}
    [told] = [each for each in lost(found) if f"web: {key}" in each]
    assert told.startswith("compose.yml:5: ")


OPTIONS = {
    "cap_add": ("[ALL]", "--cap-add ALL"),
    "cap_drop": ("[A]", "--cap-drop A"),
    "cgroup_parent": ("m", "--cgroup-parent m"),
    "container_name": ("my-web", "--name my-web"),
    "cpu_shares": ("100", "--cpu-shares 100"),
    "cpus": ("0.5", "--cpus 0.5"),
    "cpuset": ("0-3", "--cpuset-cpus 0-3"),
    "devices": ("[/dev/a:/dev/b]", "--device /dev/a:/dev/b"),
    "dns": ("8.8.8.8", "--dns 8.8.8.8"),
    "dns_opt": ("[a]", "--dns-option a"),
    "dns_search": ("a.example", "--dns-search a.example"),
    "domainname": ("a.example", "--domainname a.example"),
    "env_file": ("[.env.db]", "--env-file .env.db"),
    "environment": ("{A: b, C: }", "-e A -e C"),
    "extra_hosts": ("{a: 10.0.0.1}", "--add-host a:10.0.0.1"),
    "group_add": ("[mail]", "--group-add mail"),
    "hostname": ("a", "--hostname a"),
    "init": ("true", "--init"),
    "ipc": ("host", "--ipc host"),
    "labels": ("{a: b}", "--label a=b"),
    "mac_address": ("'02:42:ac:11:65:43'", "--mac-address 02:42:ac:11:65:43"),
    "mem_limit": ("1g", "--memory 1g"),
    "mem_reservation": ("1g", "--memory-reservation 1g"),
    "memswap_limit": ("1g", "--memory-swap 1g"),
    "network_mode": ("host", "--network host"),
    "oom_score_adj": ("1", "--oom-score-adj 1"),
    "pid": ("host", "--pid host"),
    "pids_limit": ("1", "--pids-limit 1"),
    "platform": ("linux/arm64", "--platform linux/arm64"),
    "ports": (
        '["8000:80", {target: 90, published: "9000", host_ip: 127.0.0.1}]',
        "-p 8000:80 -p 127.0.0.1:9000:90",
    ),
    "expose": ('["80"]', "-p 127.0.0.1:80:80"),
    "privileged": ("true", "--privileged"),
    "read_only": ("true", "--read-only"),
    "runtime": ("runc", "--runtime runc"),
    "security_opt": ("[a=b]", "--security-opt a=b"),
    "shm_size": ("64m", "--shm-size 64m"),
    "stdin_open": ("true", "-i"),
    "sysctls": ("[a=b]", "--sysctl a=b"),
    "tmpfs": ("/run", "--tmpfs /run"),
    "user": ("1000:1000", "--user 1000:1000"),
    "userns_mode": ("host", "--userns host"),
    "uts": ("host", "--uts host"),
    "volumes": (
        '["data:/data:ro", "~/x:/x", {type: bind, source: ./a b, target: /b}, {type: tmpfs, target: /t}]',
        "-v data:/data:ro -v \"$HOME/x:/x\" -v './a b:/b' --tmpfs /t",
    ),
    "working_dir": ("/app", "--workdir /app"),
    "entrypoint": ("[/first, second]", "--entrypoint /first"),
}


@pytest.mark.parametrize("key", OPTIONS)
def test_of_an_image_of_others_docker_gets_the_key(key: str) -> None:
    value, option = OPTIONS[key]
    found = gather(("compose.yml", f"services:\n  db:\n    image: some/db\n    {key}: {value}\n"))
    loaded(found)
    behind = "some/db second" if key == "entrypoint" else "some/db"
    assert found.processes["db"]["command"] == f"{DOCKER} {option} {behind}"
    assert not lost(found)


@pytest.mark.parametrize(
    ("image", "port"),
    [
        ("redis", 6379),
        ("docker.io/library/postgres:16-alpine", 5432),
        ("registry.example:5000/mirror/mysql@sha256:abc", 3306),
        ("valkey/valkey:8", 6379),
    ],
)
def test_a_well_known_server_is_found_where_it_listens(image: str, port: int) -> None:
    found = gather(("compose.yml", f'services: {{db: {{image: "{image}"}}}}\n'))
    assert found.processes["db"]["command"] == f"{DOCKER} -p 127.0.0.1:{port}:{port} {image}"


def test_an_image_that_others_wait_for_and_nobody_can_reach_is_told() -> None:
    found = service("depends_on: [db]", ", db: {image: own/db}")
    assert any("db: nothing reaches it from outside" in each for each in lost(found))


@pytest.mark.parametrize(
    ("said", "keys"),
    [
        ('restart: "no"', {"restart": "never"}),
        ("restart: always", {"restart": "always"}),
        ("restart: on-failure", {"restart": "on-failure", "backoff": {"give_up_after": "never"}}),
        ('restart: "on-failure:9"', {"restart": "on-failure"}),
        (
            "deploy: {restart_policy: {condition: on-failure, delay: 5s, max_attempts: 3, window: 120s}}",
            {
                "restart": "on-failure",
                "backoff": {"initial": "5s", "reset_after": "120s", "give_up_after": 3},
            },
        ),
        ("deploy: {restart_policy: {condition: none}}", {"restart": "never"}),
        ("healthcheck: {disable: true}", {}),
        ("healthcheck: {test: [NONE]}", {}),
        (
            "healthcheck: {test: [CMD-SHELL, 'curl $$HOST || exit 1'], start_interval: 1s}",
            {"ready": {"cmd": "curl $HOST || exit 1", "within": "1m30s", "every": "1s"}},
        ),
        ("scale: 0", {"autostart": False}),
        ("environment: [A=b=c, 'B=', C]", {"env": {"A": "b=c", "B": ""}}),
        ("environment: {PORT: 5000, PS: a, PROCMAN_ROOT: /a}", {}),
        ("environment: {PORT: 4000}, ports: ['80:4000']", {"port": 4000}),
        ("environment: {YES: on, N: 1_000, T: 10:30}", {"env": {"YES": "on", "N": "1_000", "T": "10:30"}}),
        ("ulimits: {nofile: {soft: 20, hard: 40}}", {"nofile": 20}),
        ("user: nobody-here", {}),
        ("working_dir: /container", {}),
        ("env_file: [.env.other]", {}),
        ("env_file: {path: .env.other, required: false}", {}),
    ],
)
def test_the_many_ways_to_say_something(said: str, keys: dict[str, Any]) -> None:
    assert web(said) == {"command": "./web", "restart": "never", **keys}


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("user: nobody-here", "user: nobody-here: nobody here can be that, or procman is not root"),
        (
            "working_dir: /container",
            "working_dir: /container is in the container: it runs in the app's folder",
        ),
        ("env_file: .env.other", "there is no file .env.other here: 'env_file: .env.other' reads it"),
        (
            'ports: ["80:8080", "53:53/udp"]',
            "ports: it was reached at 80: here at 8080, where it listens itself",
        ),
        ('ports: ["53:53/udp"]', "ports: 53:53/udp: the command itself says that it listens there"),
        ("mem_limit: '${MEM:-1g}'", "mem_limit: procman.yml asks no variable (MEM): '1g' is written there"),
        ("restart: sometimes", "restart: 'sometimes' is not known"),
        ("depends_on: {db: {condition: a}}", "condition: 'a' is not known: it waits for its start"),
        ("depends_on: [nobody]", "it depends on 'nobody', which is no process here"),
        ("healthcheck: {interval: 5s}", "healthcheck: the command is that of the image"),
        ("stop_grace_period: 3 weeks ago", "timeout: '3 weeks ago'"),
        ("environment: {A: '$PORT'}", "environment: A: $PORT is what procman gives to the process"),
        (
            "profiles: [a, b]",
            "profiles: a, b: without profiles it starts when it is named: procman start web",
        ),
        (
            "extends: {file: a.yml, service: b}",
            "extends: the other file is not read: write here what it says",
        ),
        ("environment: 7", ""),
        ("volumes: 7, networks: {a: {aliases: [b]}}", "networks: all processes are on this machine"),
        ("entrypoint: {a: b}", "entrypoint: it is neither a text nor a list: nothing is made of it"),
        ("develop: {watch: [{path: a, action: sync+exec}]}", "watch: 'sync+exec' restarts nothing"),
    ],
)
def test_what_is_lost_is_told(said: str, told: str) -> None:
    assert any(told in each for each in lost(service(said)))


def test_a_command_that_is_in_the_dockerfile_leaves_a_place_for_it() -> None:
    found = gather(("compose.yml", "services: {web: {build: ., ports: ['3000:3000']}}\n"))
    loaded(found)
    assert found.processes["web"]["port"] == 3000
    assert found.processes["web"]["command"].startswith("echo 'write here what the Dockerfile runs")
    assert any("its command is in its Dockerfile" in each for each in lost(found))


def test_what_all_services_of_the_app_have_in_their_environment_goes_to_dot_env() -> None:
    one = "  {0}: {{build: ., command: ./{0}, environment: {{A: 'pa$$word', B: '{1}'}}}}\n"
    found = gather(("compose.yml", f"services:\n{one.format('a', 1)}{one.format('b', 2)}"))
    assert found.env == {"A": "pa$word"}
    assert [keys["env"] for keys in found.processes.values()] == [{"B": "1"}, {"B": "2"}]
    assert loaded(found).env == {"A": "pa$word"}


def test_paths_of_a_file_in_another_folder_are_seen_from_the_app() -> None:
    text = "services: {web: {build: ../api, command: ./web, env_file: ../.env}}\n"
    assert gather(("deploy/compose.yml", text)).processes["web"]["cwd"] == "api"


def test_services_that_extend_each_other_in_a_circle_are_read() -> None:
    text = "services: {a: {extends: b, command: ./a}, b: {extends: a, command: ./b}}\n"
    assert set(gather(("compose.yml", text)).processes) == {"a", "b"}


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", None, "there are no services"),
        ("services:\n", 1, "there are no services"),
        ("web: {image: a}\n", None, "there are no services"),
        ("- a\n", 1, "not a list"),
        ("services:\n  web: [\n", 2, ""),
        ("services:\n  web:\n  image: 'a\n", 3, "quote"),
        ("services: {a: *b}\n", 1, "alias"),
        (b"services: \xff\n", 1, "UTF-8"),
    ],
)
def test_what_is_no_compose_file_is_refused_with_its_line(
    text: str | bytes, line: int | None, words: str
) -> None:
    with pytest.raises(UserError) as caught:
        gather(("compose.yml", text))
    assert caught.value.problems[0].line == line
    assert words in str(caught.value)


def test_a_tag_and_a_second_document_are_told() -> None:
    found = gather(("compose.yml", "services:\n  a:\n    image: !override redis\n---\nservices: {}\n"))
    assert [each.split(": ")[0] for each in lost(found)] == ["compose.yml:3", "compose.yml:5"]


WORDS = st.sampled_from(
    "services build image command environment env_file ports depends_on healthcheck test restart deploy"
    " replicas resources limits memory volumes ulimits nofile develop watch path action extends profiles"
    " web db CMD CMD-SHELL ${X:-1} $$ a:b:c 80:80 on-failure:x 10s {} . ./a 0 null true ~ ''".split()
)
TREES = st.recursive(
    WORDS | st.none() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from(["web", "db", "a b", ""]), st.dictionaries(WORDS, TREES), max_size=3))
@settings(max_examples=EXAMPLES, deadline=None)
def test_garbage_is_told_and_never_a_traceback(services: dict[str, Any]) -> None:
    try:
        found = gather(("compose.yml", json.dumps({"services": services})))
    except UserError:
        return
    loaded(found)


@given(st.binary(max_size=60))
@settings(max_examples=EXAMPLES, deadline=None)
def test_bytes_are_told_and_never_a_traceback(data: bytes) -> None:
    with pytest.raises(UserError):
        gather(("compose.yml", data))


def test_twenty_services_are_read_while_one_presses_a_key() -> None:
    one = "  s{0}:\n    <<: *app\n    command: ./run {0} $$PORT\n    ports: ['80{0}:80{0}']\n"
    text = SHOP.partition("services:\n")[0] + "services:\n" + "".join(one.format(n) for n in range(10, 30))
    begin = time.process_time()
    found = gather(("compose.yml", text))
    assert time.process_time() - begin < 3  # 0.3 s are allowed, on a machine that does nothing else
    assert len(found.processes) == 20
