"""`procman export systemd` and `systemd-whole`: what stands in the units."""

from __future__ import annotations

from typing import Any

import pytest

from procman.errors import UserError
from tests.export.plans import SHOP, TASKS_YML, Exported, export, plan

WEB = "web: ./web\nother: ./other\n"


def unit_of(said: str, **fields: Any) -> list[str]:
    """The lines of the unit of web, of which procman.yml says this."""
    return exported(said, **fields).text("shop-web@.service").splitlines()


def exported(said: str, lines: str = WEB, **fields: Any) -> Exported:
    return export("systemd", plan(lines, f"processes: {{web: {{{said}}}}}\n" if said else "", **fields))


# The files


def test_an_app_becomes_a_target_units_and_environment_files() -> None:
    found = export("systemd", plan(SHOP, TASKS_YML, {"A": "1"}))
    assert [*found.files] == [
        "shop.target",
        "shop.env",
        "shop-web@.service",
        "shop-web@1.env",
        "shop-worker@.service",
        "shop-worker@1.env",
        "shop-release.service",
        "shop-release.env",
        "shop-remind.service",
        "shop-remind.timer",
        "shop-digest.service",
        "shop-digest.timer",
    ]
    assert [note.split("'")[1] for note in found.notes] == ["PROCMAN_RUN_ID", "missed: once"]
    assert found.export.scheduled == ()


def test_only_environment_files_have_values_and_only_their_owner_reads_them() -> None:
    found = export("systemd", plan(SHOP, "processes: {web: {env: {B: open2}}}", {"A": "open1"}))
    secret = {path for path, file in found.files.items() if "open" in file.text}
    assert secret == {"shop.env", "shop-web@1.env"}
    assert {file.mode for path, file in found.files.items() if path.endswith(".env")} == {0o600}


@pytest.mark.parametrize(
    ("folder", "for_user", "expected"),
    [
        (None, False, "/etc/systemd/system/shop-web@%i.env"),
        (None, True, "%h/.config/systemd/user/shop-web@%i.env"),
        ("/srv/[100%]", False, r"/srv/\[100%%]/shop-web@%i.env"),
    ],
)
def test_units_name_the_environment_files_where_they_are(
    folder: str | None, for_user: bool, expected: str
) -> None:
    lines = unit_of("", folder=folder, for_user=for_user, env={"A": "1"})
    assert f"EnvironmentFile={expected}" in lines
    assert not any("/srv/shop/.env" in line for line in lines)


@pytest.mark.parametrize(
    ("folder", "expected"),
    [(None, "/etc/systemd/system/shop-web@%i.env"), ("/srv/[a] 100%", "/srv/[a] 100%%/shop-web@%i.env")],
)
def test_a_process_that_is_no_longer_exported_does_not_come_back(folder: str | None, expected: str) -> None:
    """PartOf= starts it again with the target, and without its environment it would fail for ever."""
    found = exported("", "web: ./web\nrelease: ./migrate\n", folder=folder)
    assert f"AssertPathExists={expected}" in found.text("shop-web@.service").splitlines()
    assert "AssertPathExists" not in found.text("shop-release.service")


def test_without_values_the_apps_own_file_comes_first() -> None:
    found = exported("", env={"A": "1"}, embed_environment=False, environment={})
    lines = found.text("shop-web@.service").splitlines()
    assert lines.index("EnvironmentFile=-/srv/shop/.env") + 1 == lines.index(
        "EnvironmentFile=/etc/systemd/system/shop.env"
    )
    assert any("--no-env" in note for note in found.notes)


def test_names_that_systemd_drops_are_told() -> None:
    found = exported("", env={"a.b": "hidden", "A": "1"})
    assert "hidden" not in found.text("shop.env")
    assert found.notes == ["'env: a.b' is left out: systemd takes letters, digits and '_' in names"]


def test_the_target_wants_what_starts_with_the_others() -> None:
    found = exported("instances: 2, autostart: true").text("shop.target")
    assert "Wants=shop-web@1.service\nWants=shop-web@2.service\nWants=shop-other@1.service\n" in found
    assert "Wants=shop-web" not in exported("autostart: false").text("shop.target")
    assert "WantedBy=default.target" in exported("", for_user=True).text("shop.target")


def test_a_type_without_processes_has_no_unit() -> None:
    what = plan(WEB)
    types = tuple(each._replace(processes=()) if each.name == "web" else each for each in what.types)
    assert not any("web" in path for path in export("systemd", what._replace(types=types)).files)


def test_only_what_starts_with_the_others_listens_with_them() -> None:
    assert "Wants=shop-web.socket\n" in exported("listen: 8080").text("shop.target")
    found = exported("listen: 8080, autostart: false")
    assert "shop-web.socket" in found.files
    assert ".socket" not in found.text("shop.target")


def test_a_socket_is_for_the_first_process_and_has_a_name_if_it_has_one_address() -> None:
    text = exported("listen: 8080, instances: 3").text("shop-web.socket")
    assert "Service=shop-web@1.service\n" in text
    assert "ListenStream=127.0.0.1:8080\nFileDescriptorName=8080\n" in text
    assert "FileDescriptorName" not in exported("listen: [8080, 8081]").text("shop-web.socket")


def test_the_release_command_runs_at_each_start_and_belongs_to_nobody() -> None:
    found = export("systemd", plan(SHOP, for_user=True)).text("shop-release.service").splitlines()
    assert "Type=oneshot" in found
    assert not [
        line for line in found if line.startswith(("RemainAfterExit", "PartOf", "After", "Restart=on"))
    ]


def test_what_a_type_lacks_stands_in_its_unit() -> None:
    found = exported("watch: '*.py', instances: 2")
    note = "# web: 'watch: *.py' has no counterpart: "
    with_it = [path for path, file in found.files.items() if note in file.text]
    assert with_it == ["shop-web@.service"]


def test_a_name_with_a_dot_is_one() -> None:
    assert "shop-web.api@1.env" in exported("", "web.api: ./web\n").files


# What procman.yml says


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("", ["Type=exec", "Restart=always", "RestartSec=1", "StartLimitIntervalSec=0", "User=shop"]),
        ("", ["KillMode=mixed", "KillSignal=SIGTERM", "TimeoutStopSec=5", "WorkingDirectory=/srv/shop"]),
        ("restart: never", ["Restart=no"]),
        ("oneshot: true", ["Restart=no"]),
        ("oneshot: true, restart: on-failure", ["Restart=on-failure", "RestartSec=1"]),
        ("stop_signal: RTMIN", ["KillSignal=SIGRTMIN"]),
        ("alive: {notify: true, every: 7s}, stop_signal: INT", ["WatchdogSec=7", "WatchdogSignal=SIGINT"]),
        (
            "restart: never, alive: {notify: true}",
            ["Restart=on-watchdog", "WatchdogSec=10", "NotifyAccess=all"],
        ),
        (
            "restart: on-failure, backoff: {give_up_after: never}",
            ["Restart=on-failure", "StartLimitIntervalSec=0"],
        ),
        ("timeout: 0s", ["KillSignal=SIGKILL"]),
        ("timeout: 1.5s, stop_signal: QUIT", ["TimeoutStopSec=1.5", "KillSignal=SIGQUIT"]),
        ("signal_to: group", ["KillMode=control-group"]),
        ("ready: {notify: true, within: 2m}", ["Type=notify", "TimeoutStartSec=120", "NotifyAccess=all"]),
        ("oneshot: true, max_runtime: 1h", ["Type=oneshot", "RemainAfterExit=yes", "TimeoutStartSec=3600"]),
        ("max_runtime: 12h", ["RuntimeMaxSec=43200"]),
        ("nofile: 4096, nice: -5", ["LimitNOFILE=4096:524288", "Nice=-5"]),
        ("nofile: 1000000", ["LimitNOFILE=1000000:1000000"]),
        (
            "umask: '027', stdin: 'null', max_memory: 1.5G",
            ["UMask=0027", "StandardInput=null", "MemoryMax=1536M"],
        ),
        ("user: postgres, cwd: app", ["User=postgres", "Group=1234", "WorkingDirectory=/srv/shop/app"]),
        ("depends_on: [other]", ["After=network-online.target shop-other@1.service"]),
        ("listen: 8080", ["Sockets=shop-web.socket"]),
    ],
)
def test_policies_are_settings(said: str, expected: list[str]) -> None:
    assert {*expected} <= {*unit_of(said)}


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ("restart: never", "RestartSec"),
        ("oneshot: true", "RestartSec"),
        ("timeout: 0s", "TimeoutStopSec"),
        ("restart: always", "NotifyAccess"),
        ("restart: always, backoff: {give_up_after: 3}", "StartLimitBurst"),
    ],
)
def test_what_is_not_said_has_no_setting(said: str, key: str) -> None:
    assert not [line for line in unit_of(said) if line.startswith(f"{key}=")]


@pytest.mark.parametrize(
    ("backoff", "interval", "burst"),
    [
        ("initial: 1s, max: 1d, give_up_after: 1000000", 61 * (2**31 - 1), 2**31 - 1),  # it takes no more
        ("initial: 2s, max: 2s, give_up_after: 4, reset_after: 1m", 4 * 62, 4),  # as procman counts
        ("initial: 1s, max: 1m, give_up_after: 4, reset_after: 1m", 8 * 61, 8),  # 1 + 2 + 4 s in steps of 1 s
        ("give_up_after: 1", 61, 1),
    ],
)
def test_it_gives_up_when_procman_would(backoff: str, interval: int, burst: int) -> None:
    lines = unit_of(f"restart: on-failure, backoff: {{{backoff}}}")
    assert {f"StartLimitIntervalSec={interval}", f"StartLimitBurst={burst}"} <= {*lines}


def test_a_shell_that_stays_gets_no_signal_alone() -> None:
    """It would keep it, and what it waits for would never hear of it."""
    lines = exported("", "web: ./web | tee log\n").text("shop-web@.service").splitlines()
    assert {"KillMode=control-group", "SuccessExitStatus=129 130 141 143"} <= {*lines}


def test_a_command_with_exec_gets_its_signals_alone() -> None:
    """Celery, puma and rq tell their own children."""
    lines = exported("", "web: exec rq worker --url $URL\n").text("shop-web@.service").splitlines()
    assert "KillMode=mixed" in lines
    assert not any(line.startswith("SuccessExitStatus") for line in lines)


def test_a_migration_is_required_and_others_are_only_waited_for() -> None:
    yml = "processes: {web: {depends_on: [m, other]}, m: {oneshot: true}}"
    found = export("systemd", plan(f"{WEB}m: ./m\n", yml))
    lines = found.text("shop-web@.service").splitlines()
    assert "Requires=shop-m@1.service" in lines
    assert "After=network-online.target shop-other@1.service shop-m@1.service" in lines
    assert [note.partition(":")[0] for note in found.notes] == ["web"], "only that on 'other'"


def test_the_shell_replaces_variables_and_systemd_none() -> None:
    lines = exported("", "web: exec puma -p $PORT -w 100%\n").text("shop-web@.service").splitlines()
    assert 'ExecStart=/bin/sh -c "exec puma -p $$PORT -w 100%%"' in lines


def test_a_user_has_no_units_of_other_users() -> None:
    found = exported("user: postgres", for_user=True)
    assert "User=" not in found.text("shop-web@.service")
    assert any("'user: postgres'" in note for note in found.notes)
    assert "loginctl enable-linger" in found.export.then[-1]


def test_systemd_starts_nobody_without_a_name() -> None:
    assert exported("user: '4242'").notes == [
        "web: 'user: 4242' has no counterpart: systemd starts nobody who is not in /etc/passwd"
    ]
    assert not any("passwd" in note for note in exported("user: '4242'", for_user=True).notes)
    for format_ in ("systemd", "systemd-whole"):
        with pytest.raises(UserError, match="user 4242 has no name here"):
            export(format_, plan(WEB, user="4242"))
        export(format_, plan(WEB, user="4242", for_user=True))


def test_a_user_of_its_own_finds_its_home_whatever_files_say() -> None:
    found = exported("user: postgres", env={"HOME": "/elsewhere"})
    assert 'HOME="/"\n' in found.text("shop-web@1.env")
    assert "USER=" not in found.text("shop-web@1.env")
    assert "HOME" not in found.text("shop-other@1.env")


def test_root_has_a_home() -> None:
    assert "User=root" in unit_of("", user=None)


def test_a_name_is_no_address_for_systemd() -> None:
    found = exported("listen: 'db:8080'")
    assert "shop-web.socket" not in found.files
    assert found.notes == [
        "web: 'listen: db:8080' has no counterpart: systemd looks up no names: write the address"
    ]


def test_logs_go_to_files_where_a_folder_is_named() -> None:
    found = exported("", log="/var/log/my app 1%")
    assert "StandardOutput=append:/var/log/my app 1%%/web.%i.log" in found.text("shop-web@.service")
    assert found.export.then[0] == "sudo install -d -o shop '/var/log/my app 1%'"
    assert exported("", log="/logs", user=None).export.then[0] == "sudo install -d -o root /logs"
    assert exported("", log="/my logs", for_user=True).export.then[0] == "mkdir -p '/my logs'"


def test_units_in_another_folder_are_linked() -> None:
    assert exported("", folder="/etc/systemd/system").export.then == (
        "sudo systemctl daemon-reload",
        "sudo systemctl enable shop.target",
        "sudo systemctl restart shop.target",
    )
    assert len(exported("", folder="/run/systemd/system").export.then) == 3
    linked = exported("", folder="/srv/units").export.then[0]
    assert linked.startswith("sudo systemctl link /srv/units/shop.target ")
    assert ".env" not in linked


def test_a_user_links_units_elsewhere_too() -> None:
    folder = "/home/ann/.config/systemd/user"
    assert exported("", folder=folder, for_user=True).export.then == (
        "systemctl --user daemon-reload",
        "systemctl --user enable shop.target",
        "systemctl --user restart shop.target",
        "loginctl enable-linger   # all goes on when you log out",
    )
    assert (
        exported("", folder="/etc/systemd/system", for_user=True)
        .export.then[0]
        .startswith("systemctl --user link ")
    )
    assert "loginctl" not in exported("", folder=folder).export.then[-1]
