"""What a child finds in its environment, by its policies."""

from __future__ import annotations

import pytest

from procman.core.plan.plan import ProcessPlan
from procman.core.plan.policies import Account, Kind, Policies, Probe
from procman.host import variables

NOBODY = Account(65534, 65534, (), "nobody", "/nonexistent")


def found(policies: Policies, shared: dict[str, str], **own: str) -> dict[str, str]:
    return variables.of(ProcessPlan("web.1", "web", 0, "web", None, own, policies=policies), shared)


def test_without_policies_it_is_the_apps_and_its_own() -> None:
    assert found(Policies(), {"A": "1", "B": "1", "PWD": "/app"}, B="2") == {
        "A": "1",
        "B": "2",
        "PWD": "/app",
    }


@pytest.mark.parametrize(
    "name", ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"]
)
def test_what_procman_was_told_is_not_passed_on_but_its_own_is(name: str) -> None:
    assert found(Policies(), {name: "procman's", "A": "1"}) == {"A": "1"}
    assert found(Policies(), {name: "procman's"}, **{name: "its own"}) == {name: "its own"}


def test_its_user_comes_before_the_apps_environment_and_behind_its_own() -> None:
    values = found(Policies(account=NOBODY), {"HOME": "/root", "USER": "root"}, HOME="/srv")
    assert values == {"HOME": "/srv", "USER": "nobody", "LOGNAME": "nobody"}


def test_its_folder_is_the_one_that_is_true() -> None:
    assert found(Policies(cwd="/srv"), {"PWD": "/app"}, PWD="/elsewhere") == {"PWD": "/srv"}


@pytest.mark.parametrize(
    ("probe", "expected"),
    [
        (Probe(Kind.NOTIFY, every=10.0), {"WATCHDOG_USEC": "10000000"}),
        (Probe(Kind.NOTIFY, every=0.0005), {"WATCHDOG_USEC": "500"}),
        (Probe(Kind.TCP, "6379", every=10.0), {}),
        (None, {}),
    ],
)
def test_who_is_to_tell_that_it_is_alive_knows_how_often(
    probe: Probe | None, expected: dict[str, str]
) -> None:
    assert found(Policies(alive=probe), {}) == expected
    assert found(Policies(ready=probe), {}) == {}


def test_its_sockets_are_named_by_their_ports() -> None:
    values = found(Policies(listen=("0.0.0.0:8080", "[::]:8443")), {})
    assert values == {"LISTEN_FDS": "2", "LISTEN_FDNAMES": "8080:8443"}
