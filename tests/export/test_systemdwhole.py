"""`procman export systemd-whole`: the unit of docs/production.md, for any app."""

from __future__ import annotations

from typing import Any

import pytest

from procman.cli import parser
from tests.end_to_end.production import unit
from tests.export.plans import SHOP, export, plan

OTHERWISE = {"ProtectHome", "ReadWritePaths", "Environment", "User", "WorkingDirectory"}
"""They depend on where the app is. Its Python may be in a home, so homes can be read."""


def settings_of(yml: str = "", **fields: Any) -> dict[str, str]:
    text = export("systemd-whole", plan(SHOP, yml, **fields)).text("shop.service")
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#"))


def test_it_has_the_settings_of_the_manual() -> None:
    found = settings_of()
    said = {key: value for part in ("Unit", "Service", "Install") for key, value in unit()[part].items()}
    times = {"ExecStart", "ExecReload", "TimeoutStartSec", "TimeoutStopSec", "Description"}
    for key in said.keys() - OTHERWISE - times:
        assert found[key] == said[key]
    assert said.keys() <= found.keys() | {"Environment"}


def test_procman_is_called_with_options_that_it_has() -> None:
    found = settings_of(typed=("-m", "web=2"), timeout=2.5)
    assert found["ExecStart"] == "/usr/bin/procman start -m web=2 --no-timestamp -t 2.5"
    assert parser.read(found["ExecStart"].split()[1:]).mistakes == []
    assert parser.read(found["ExecReload"].split()[1:]).mistakes == []


def test_a_reload_is_procmans() -> None:
    assert settings_of()["ExecReload"] == "/usr/bin/procman reload"


def test_its_times_are_longer_than_procmans() -> None:
    yml = "processes: {web: {ready: {http: /, within: 5m}}, worker: {timeout: 40s}}"
    found = settings_of(yml)
    assert (found["TimeoutStartSec"], found["TimeoutStopSec"]) == ("360", "50")
    assert (settings_of()["TimeoutStartSec"], settings_of()["TimeoutStopSec"]) == ("120", "15")
    short = "processes: {web: {timeout: 1s}, worker: {timeout: 2s}}"  # tasks have that of all
    assert settings_of(short, timeout=7.0)["TimeoutStopSec"] == "17"


def test_the_app_can_write_where_it_and_procman_do() -> None:
    place = {"PROCMAN_STATE": "/var/lib/my shop"}
    assert settings_of(place=place)["ReadWritePaths"] == '/srv/shop "-/var/lib/my shop"'
    assert settings_of(log="/var/log/shop")["ReadWritePaths"] == "/srv/shop -/var/log/shop"
    assert settings_of(log="/srv/shop/log")["ReadWritePaths"] == "/srv/shop"
    assert "PrivateTmp" not in settings_of(root="/tmp/shop")


def test_its_programs_are_where_procman_is() -> None:
    assert settings_of(procman=("/srv/shop/.venv/bin/procman",))["Environment"].startswith(
        "PATH=/srv/shop/.venv/bin:/usr/local/sbin:"
    )


def test_a_user_has_no_user_and_no_sandbox() -> None:
    found = settings_of(for_user=True)
    assert not {"User", "ProtectSystem", "After"} & found.keys()
    assert found["WantedBy"] == "default.target"


@pytest.mark.parametrize(
    ("user", "for_user", "told"),
    [
        ("shop", False, True),
        ("root", False, False),
        (None, False, False),
        ("postgres", False, False),
        ("root", True, True),
    ],
)
def test_only_root_can_start_processes_as_somebody_else(user: str | None, for_user: bool, told: bool) -> None:
    said = "processes: {web: {user: postgres}}"
    found = export("systemd-whole", plan(SHOP, said, user=user, for_user=for_user))
    assert bool(found.notes) == told
