"""What supervisors of processes run, whatever they are called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from procman.errors import UserError
from procman.export.supervisors import services
from tests.export.plans import TASKS_YML, plan

if TYPE_CHECKING:
    from procman.export.supervisors.services import Service

IN_CHAINS = "web: {depends_on: [api]}, api: {depends_on: [redis]}"


def found(lines: str, yml: str = "", **fields: Any) -> dict[str, Service]:
    return {each.short: each for each in services.of_plan(plan(lines, yml, **fields))}


def test_names_are_of_the_app_and_the_number() -> None:
    assert [(each.name, short) for short, each in found("web.api: ./web\n").items()] == [
        ("shop-web.api-1", "web.api-1")
    ]


def test_what_others_depend_on_comes_first() -> None:
    made = found("web: ./web\napi: ./api\nother: ./other\nredis: ./redis\n", f"processes: {{{IN_CHAINS}}}\n")
    assert [*made] == ["redis-1", "api-1", "web-1", "other-1"]
    assert services.depths([*made.values()]) == {
        "shop-redis-1": 0,
        "shop-api-1": 1,
        "shop-web-1": 2,
        "shop-other-1": 0,
    }


def test_its_own_variables_count_more_than_those_of_files() -> None:
    said = "processes: {web: {user: somebody, env: {A: own}}}\n"
    web = found("web: ./web\n", said, env={"A": "file", "HOME": "/file", "PROCMAN_ROOT": "/file"})["web-1"]
    wanted = {"A": "own", "HOME": "/", "USER": "somebody", "PROCMAN_ROOT": "/srv/shop"}
    assert {name: web.environment[name] for name in wanted} == wanted


def test_programs_beside_procman_are_found() -> None:
    procman = ("/srv/shop/.venv/bin/procman",)
    made = found("web: ./web\n", TASKS_YML, procman=procman)
    path = "/srv/shop/.venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    assert [each.environment["PATH"] for each in made.values()] == [path, path]
    made = found("web: ./web\n", env={"PATH": "/own"}, procman=procman)
    assert made["web-1"].environment["PATH"] == "/own"


def test_a_user_of_all_counts_less_than_files() -> None:
    web = found("web: ./web\n", env={"USER": "file"}, home="/home/shop")["web-1"]
    assert (web.environment["USER"], web.environment["LOGNAME"]) == ("file", "shop")
    assert (web.environment["HOME"], web.home) == ("/home/shop", None)
    assert found("web: ./web\n", home=None)["web-1"].home == "~shop"
    assert found("web: ./web\n", env={"HOME": "/file"})["web-1"].home is None


def test_a_number_is_no_user_of_all() -> None:
    with pytest.raises(UserError) as caught:
        found("web: ./web\n", user="1234")
    assert "user 1234 has no name here" in str(caught.value)
    assert found("web: ./web\n", user="1234", for_user=True)["web-1"].user is None


def test_the_scheduler_runs_where_the_app_is_and_has_time_for_its_last_words() -> None:
    scheduler = found("", TASKS_YML, timeout=7.0)["scheduler"]
    assert (scheduler.cwd, scheduler.timeout) == ("/srv/shop", 7.0 + services.PARTING)
    assert scheduler.line == f"exec {scheduler.command}" == "exec /usr/bin/procman scheduler"


@pytest.mark.parametrize("secret", ["half \ud800 a letter", "with a \0 in it"])
def test_what_no_process_can_be_given_is_told_and_not_its_value(secret: str) -> None:
    with pytest.raises(UserError) as caught:
        found("web: ./web\n", env={"SECRET": secret})
    problem = "has a NUL, or half a letter: no process can be given that"
    assert str(caught.value) == f"export: the variable 'SECRET' of 'web' {problem}"


def test_bytes_that_are_no_text_are_fine() -> None:
    assert found("web: ./web\n", env={"A": "\udcff"})["web-1"].environment["A"] == "\udcff"
