"""How a process is called where its supervisor only starts a program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from procman.errors import UserError
from procman.export.inits import launching
from tests.export.plans import SHOP, plan

if TYPE_CHECKING:
    from procman.export.plan import ExportPlan

YML = "processes: {web: {env: {TOKEN: opensesame, LEVEL: info, a.b: dotted}, user: somebody}}\n"
BY_FILE = {"env": {"A": "1"}, "embed_environment": False}


def shop(**fields: Any) -> ExportPlan:
    what = plan("web.api: ./api\nweb: ./web\n", YML, **fields)
    return what if what.embed_environment else what._replace(environment={})


def words(what: ExportPlan) -> list[str]:
    return [*launching.words(what, what.types[1].processes[0])]


def environment(what: ExportPlan) -> dict[str, str]:
    return launching.environment(what, what.types[1].processes[0])


def test_with_values_it_is_a_line_for_the_shell() -> None:
    assert words(shop(env={"A": "1"})) == ["/bin/sh", "-c", "exec ./web"]
    assert words(shop(embed_environment=False)) == ["/bin/sh", "-c", "exec ./web"], "there are no files"
    found = environment(shop(env={"A": "1"}))
    assert found.items() >= {"A": "1", "TOKEN": "opensesame", "a.b": "dotted", "PS": "web.1"}.items()
    assert not [name for name in found if name.startswith("__")]


def test_without_values_procman_reads_the_files_and_the_shell_takes_back_what_is_its_own() -> None:
    what = shop(**BY_FILE)
    found = words(what)
    assert found[:6] == ["/usr/bin/procman", "run", "-d", "/srv/shop", "-e", "/srv/shop/.env"]
    assert found[6:8] == ["--", "env"]
    assert found[-3:-1] == ["/bin/sh", "-c"]
    assert found[-1] == (
        'export TOKEN="$__own_TOKEN"; unset __own_TOKEN; '
        'export LEVEL="$__own_LEVEL"; unset __own_LEVEL; exec ./web'
    )
    assert {"PS=web.1", "PORT=5100", "USER=somebody", "PROCMAN_ROOT=/srv/shop"} <= {*found}
    assert not any("opensesame" in word or "dotted" in word for word in found)
    assert environment(what).items() >= {"__own_TOKEN": "opensesame", "__own_LEVEL": "info"}.items()


def test_options_that_are_typed_are_those_of_run_but_for_the_formation() -> None:
    typed = ("-d", "/app", "-e", "/app/x.env", "-m", "web=2", "-p", "6000")
    found = words(shop(**BY_FILE, typed=typed))
    assert found[1:9] == ["run", "-d", "/app", "-e", "/app/x.env", "-p", "6000", "--"]


def test_the_files_of_processes_are_named_after_type_and_number() -> None:
    names = [name for type_ in shop().types for name, _ in launching.instances(type_)]
    assert names == ["web.api-1", "web-1"]


def test_logs_are_in_a_folder_if_there_is_one() -> None:
    assert launching.log(shop(log="/var/log"), "web-1") == "/var/log/shop-web-1.log"
    assert launching.log(shop(), "web-1") is None


def test_what_no_shell_exports_is_for_env() -> None:
    assert launching.exported({"A": "1", "a.b": "2"}) == ({"A": "1"}, ["a.b=2"])


def test_what_no_process_can_be_given_is_a_mistake() -> None:
    with pytest.raises(UserError, match="x: A has a NUL in it"):
        launching.check(plan(env={"A": "hidden\0"}), "x")
    with pytest.raises(UserError, match="user 4242 has no name here"):
        launching.check(plan(user="4242"), "x")
    launching.check(plan(user=None), "x")


def test_release_and_pid_files_are_told() -> None:
    assert [note.said for note in launching.of_app(plan(SHOP, run="/run/shop"))] == [
        "release",
        "run: /run/shop",
    ]
    assert [*launching.of_app(plan("web: ./web\n"))] == []


def test_times_are_whole_seconds_and_others_are_told() -> None:
    notes = launching.rounded("web", timeout=1.5, **{"backoff: initial": 2.0, "a": 0.0, "b": None})
    assert [(note.said, note.text.partition(":")[0]) for note in notes] == [
        ("timeout: 1.5s", "is 2 s there"),
        ("a: 0s", "is 1 s there"),
    ]
