"""app.json of Heroku or Dokku becomes settings, tasks and variables beside a Procfile that is there."""

from __future__ import annotations

import json
import os
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procman.core.config import taskfile
from procman.core.plan import dotenv
from procman.errors import UserError
from procman.importing import checked, written
from procman.importing.found import Found, Place
from procman.importing.procfiles import appjson
from tests.importing.samples import ROOT, lost, procman_yml

if TYPE_CHECKING:
    from collections.abc import Collection

EXAMPLES = int(os.environ.get("PROCMAN_EXAMPLES", "200"))
FILE = f"{ROOT}/app.json"
PROCFILE = f"{ROOT}/Procfile"
SAMPLE = """\
{
  "name": "Small Sharp Tool",
  "description": "This app does one little thing, and does it well.",
  "keywords": ["productivity"],
  "website": "https://small-sharp-tool.com/",
  "scripts": {
    "postdeploy": "bundle exec rake bootstrap"
  },
  "env": {
    "SECRET_TOKEN": {
      "description": "A secret key for verifying the integrity of signed cookies.",
      "generator": "secret"
    },
    "WEB_CONCURRENCY": {
      "description": "The number of processes to run.",
      "value": "5"
    },
    "LANG": "en_US.UTF-8"
  },
  "formation": {
    "web": {
      "quantity": 2,
      "size": "standard-1x"
    },
    "worker": {"quantity": 0}
  },
  "addons": ["openredis"],
  "cron": [
    {
      "command": "npm run send-email",
      "schedule": "@daily"
    }
  ],
  "healthchecks": {
    "web": [
      {
        "type": "startup",
        "name": "web check",
        "description": "Checking if the app responds",
        "path": "/health/ready",
        "attempts": 3
      }
    ]
  }
}
"""


def read(text: str | bytes, files: Collection[str] = (PROCFILE,)) -> Found:
    """What is found, which procman can read again."""
    found = Found(Place(ROOT, lambda _: False, files.__contains__, lambda _: False))
    appjson.read(text if isinstance(text, bytes) else text.encode(), FILE, found.of(FILE))
    found.finish()
    checked.check(found)
    texts = written.texts(found)
    taskfile.parse(texts.procman_yml.encode(), "procman.yml", ZoneInfo("UTC"))
    assert dotenv.parse(texts.env.encode(), ".env", {}).values == found.env
    return found


def said(**keys: Any) -> tuple[Found, list[str]]:
    found = read(json.dumps(keys, indent=1))
    return found, lost(found)


def test_an_app_json_becomes_settings_tasks_and_variables() -> None:
    found = read(SAMPLE)
    assert procman_yml(found) == {
        "processes": {
            "web": {
                "instances": 2,
                "ready": {"http": "/health/ready", "within": "30s", "every": "5s", "timeout": "5s"},
            },
            "worker": {"autostart": False},
        },
        "tasks": {
            "send_email": {
                "command": "npm run send-email",
                "schedule": "@daily",
                "missed": "skip",
                "overlap": "allow",
            }
        },
    }
    assert found.env == {"WEB_CONCURRENCY": "5", "LANG": "en_US.UTF-8"}
    assert written.procfile(found) == ""


def test_what_is_lost_is_told_with_its_line() -> None:
    told = [re.sub(r"^/srv/shop/app.json:(\d+): ", r"\1 ", each) for each in lost(read(SAMPLE))]
    assert [" ".join(each.split()[:4]) for each in told] == [
        "7 scripts: postdeploy: run",
        "10 env: SECRET_TOKEN: a",
        "20 formation: a type",
        "23 formation: web: size:",
        "27 addons: procman provides",
        "29 cron: Dokku goes",
    ]


def test_settings_without_a_procfile_are_told() -> None:
    text = '{"formation": {"web": {"quantity": 2}}}'
    assert any("which is not there yet" in each for each in lost(read(text, ())))
    assert not any("which is not there yet" in each for each in lost(read(text)))


FORMATIONS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"quantity": 3}, {"instances": 3}),
    ({"quantity": "3"}, {"instances": 3}),
    ({"quantity": 1}, {}),
    ({"quantity": 0}, {"autostart": False}),
    ({}, {}),
]


@pytest.mark.parametrize(("web", "keys"), FORMATIONS)
def test_a_quantity_is_a_number_of_instances(web: dict[str, Any], keys: dict[str, Any]) -> None:
    found, told = said(formation={"web": web})
    assert found.settings.get("web", {}) == keys
    assert [each for each in told if "a type that is not named" not in each] == []


FORMATION_TOLD = [
    ({"quantity": "many"}, "no whole number"),
    ({"size": "standard-1x"}, "max_memory"),
    ({"max_parallel": 1}, "--rolling"),
    ({"autoscaling": {"min_quantity": 1}}, "procman start web=3"),
    ({"service": {"exposed": True}}, "opens no network"),
    ({"surprise": 1}, "does not know this key"),
]


@pytest.mark.parametrize(("web", "text"), FORMATION_TOLD)
def test_what_a_formation_says_besides_is_told(web: dict[str, Any], text: str) -> None:
    _, told = said(formation={"web": web})
    assert any(text in each and each.startswith(f"{FILE}:4: ") for each in told)


CRON: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {"overlap": "allow"}),
    ({"concurrency_policy": "allow"}, {"overlap": "allow"}),
    ({"concurrency_policy": "forbid"}, {"overlap": "skip"}),
    ({"concurrency_policy": "replace"}, {"overlap": "replace"}),
    ({"maintenance": True}, {"overlap": "allow", "enabled": False}),
]


@pytest.mark.parametrize(("more", "keys"), CRON)
def test_a_cron_entry_is_a_task(more: dict[str, Any], keys: dict[str, Any]) -> None:
    found, told = said(cron=[{"command": "rake tidy", "schedule": "0 1 * * *", **more}])
    assert found.tasks == {
        "tidy": {"command": "rake tidy", "schedule": "0 1 * * *", "missed": "skip", **keys}
    }
    assert len(told) == 1
    assert "timezone: UTC" in told[0]


CRON_TOLD = [
    ({"command": ""}, "needs 'command' and 'schedule'"),
    ({"schedule": ""}, "needs 'command' and 'schedule'"),
    ({"command": "worker"}, "is the command a type of the Procfile"),
    ({"concurrency_policy": "maybe"}, "taken as allow"),
    ({"schedule": "at times"}, "schedule: at times"),
    ({"surprise": 1}, "does not know this key"),
]


@pytest.mark.parametrize(("more", "text"), CRON_TOLD)
def test_what_a_cron_entry_cannot_say_is_told(more: dict[str, Any], text: str) -> None:
    _, told = said(cron=[{"command": "rake tidy", "schedule": "0 1 * * *", **more}])
    assert any(text in each for each in told), told


ENV: list[tuple[Any, str | None, str]] = [
    ("x", "x", ""),
    ("", "", ""),
    (5, "5", ""),
    ({"value": "x"}, "x", ""),
    ({"value": "x", "description": "d", "required": True}, "x", ""),
    ({"generator": "secret"}, None, "openssl rand -hex 32"),
    ({"description": "d"}, None, "the app needs one"),
    ({"required": True}, None, "the app needs one"),
    ({"required": False}, None, "the app may do without"),
    ([], None, "a text or an object belongs here"),
    ({"surprise": 1, "value": "x"}, "x", "does not know this key"),
]


@pytest.mark.parametrize(("value", "expected", "text"), ENV)
def test_a_variable_with_a_value_is_in_env(value: Any, expected: str | None, text: str) -> None:
    found, told = said(env={"A": value})
    assert found.env.get("A") == expected
    assert len(told) == bool(text)
    assert text in "".join(told)


def test_variables_of_procman_are_told_and_port_is_the_first_port() -> None:
    found, told = said(env={"PORT": "3000", "PS": "x", "a b": "c"})
    assert found.env == {"PORT": "3000"}
    assert len(told) == 2


READY = {"within": "30s", "every": "5s", "timeout": "5s"}
ALIVE = {"every": "5s", "timeout": "5s", "failures": 3}
CHECKS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"path": "/h"}, {"ready": {"http": "/h", **READY}}),
    ({"path": "h"}, {"ready": {"http": "/h", **READY}}),
    ({"type": "startup"}, {"ready": {"http": "/", **READY}}),
    ({"type": "readiness", "path": "/h"}, {"ready": {"http": "/h", **READY}}),
    ({"type": "liveness", "path": "/h"}, {"alive": {"http": "/h", **ALIVE}}),
    ({"path": "/h", "port": 8080}, {"ready": {"http": "http://127.0.0.1:8080/h", **READY}}),
    (
        {"path": "/h", "scheme": "https"},
        {"ready": {"cmd": 'curl -fsSk -o /dev/null https://127.0.0.1:"$PORT"/h', **READY}},
    ),
    ({"listening": True}, {"ready": {"tcp": "port", **READY}}),
    ({"listening": True, "port": 81}, {"ready": {"tcp": "81", **READY}}),
    ({"command": ["a b"]}, {"ready": {"cmd": "a b", **READY}}),
    ({"command": ["a", "b c"]}, {"ready": {"cmd": "a 'b c'", **READY}}),
    (
        {"attempts": 2, "wait": 3, "timeout": 4, "initialDelay": 10},
        {"ready": {"http": "/", "within": "24s", "every": "3s", "timeout": "4s"}},
    ),
    (
        {"type": "liveness", "attempts": 2, "wait": 3, "timeout": 4},
        {"alive": {"http": "/", "every": "4s", "timeout": "4s", "failures": 2}},
    ),
    ({"name": "n", "description": "d", "path": "/"}, {"ready": {"http": "/", **READY}}),
]


@pytest.mark.parametrize(("check", "keys"), CHECKS)
def test_a_healthcheck_is_a_probe(check: dict[str, Any], keys: dict[str, Any]) -> None:
    found, told = said(healthchecks={"web": [check]})
    assert (found.settings, told) == ({"web": keys}, [])


CHECKS_TOLD: list[tuple[dict[str, Any], str]] = [
    ({"uptime": 10}, "reset_after"),
    ({"path": "/", "content": "ok"}, "grep"),
    ({"path": "/", "httpHeaders": [{"name": "A", "value": "b"}]}, "curl -fsS -H"),
    ({"path": "/", "warn": True}, "a failure for procman"),
    ({"path": "/", "onFailure": {"command": ["x"]}}, "procman events --json"),
    ({"type": "liveness", "initialDelay": 5}, "begins to ask when"),
    ({"type": "weekly"}, "taken as startup"),
    ({"attempts": "many"}, "no whole number"),
    ({"surprise": 1}, "does not know this key"),
]


@pytest.mark.parametrize(("check", "text"), CHECKS_TOLD)
def test_what_a_healthcheck_cannot_say_is_told(check: dict[str, Any], text: str) -> None:
    _, told = said(healthchecks={"web": [check]})
    assert len(told) == 1
    assert text in told[0]


def test_of_two_checks_for_one_thing_the_first_counts() -> None:
    found, told = said(healthchecks={"web": [{"path": "/a"}, {"type": "readiness", "path": "/b"}]})
    assert found.settings["web"]["ready"]["http"] == "/a"
    assert "one question for 'ready'" in told[0]


TOP = [
    ({"addons": ["x"]}, "provides no services"),
    ({"buildpacks": [{"url": "x"}]}, "deploys nothing"),
    ({"stack": "heroku-22"}, "deploys nothing"),
    ({"image": "heroku/ruby"}, "deploys nothing"),
    ({"environments": {"test": {}}}, "name these with -e"),
    ({"scripts": {"pr-predestroy": "x"}}, "pull requests"),
    ({"scripts": {"test": "x"}}, "runs no tests"),
    ({"scripts": {"test-setup": "x"}}, "runs no tests"),
    ({"scripts": {"dokku": {"predeploy": "x"}}}, "'procman start --release' runs it first"),
    ({"scripts": {"dokku": {"postdeploy": "x"}}}, "run it then"),
    ({"surprise": 1}, "does not know this key"),
]


@pytest.mark.parametrize(("keys", "text"), TOP)
def test_what_procman_has_no_word_for_is_told(keys: dict[str, Any], text: str) -> None:
    _, told = said(**keys)
    assert len(told) == 1
    assert text in told[0]


def test_what_is_about_the_app_and_not_how_it_runs_needs_no_word() -> None:
    keys = "name description website repository logo success_url $schema".split()
    assert said(**dict.fromkeys(keys, "x"), keywords=["a"])[1] == []


def test_settings_join_what_another_file_says() -> None:
    found = Found(Place(ROOT, lambda _: False, lambda _: False, lambda _: False))
    found.of("supervisord.conf").process("web", "serve", {"restart": "always"})
    appjson.read(b'{"formation": {"web": {"quantity": 2}}}', FILE, found.of(FILE))
    checked.check(found)
    assert found.processes == {"web": {"instances": 2, "command": "serve", "restart": "always"}}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (b"[]", 1),
        (b"{", 1),
        (b"\xff", 1),
        (b'{"a": 1,\n}', 2),
        (b"", 1),
        (b'{\n"a" 1}', 2),
        (b"'a'", 1),
        (b"\0", 1),
    ],
)
def test_what_is_no_such_file_is_told_with_its_line(text: bytes, line: int) -> None:
    with pytest.raises(UserError) as caught:
        read(text)
    assert caught.value.problems[0].line == line


KEYS = """formation cron env scripts healthchecks addons buildpacks web quantity size command schedule value
generator required type path port timeout attempts wait dokku""".split()
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=3), below, max_size=4)
    ),
    max_leaves=10,
)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=6))
def test_values_of_wrong_types_are_told_and_no_traceback(document: Any) -> None:
    with suppress(UserError):
        read(json.dumps(document))


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.binary(max_size=100) | st.lists(st.sampled_from(SAMPLE.split(" "))).map(" ".join).map(str.encode))
def test_garbage_is_told_and_no_traceback(data: bytes) -> None:
    with suppress(UserError):
        read(data)
