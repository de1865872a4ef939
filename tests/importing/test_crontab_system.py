"""/etc/crontab and /etc/cron.d: each line names whom its command runs as; tasks run as who runs procman."""

from __future__ import annotations

import pytest

from procman.importing import sources
from procman.importing.cron import system
from tests.importing.samples import ETC_CRONTAB, gather, lost


def test_the_crontab_of_a_system_becomes_tasks() -> None:
    found = gather(("/etc/crontab", ETC_CRONTAB), me="root")
    assert {name: (each["schedule"], each["command"]) for name, each in found.tasks.items()} == {
        "cron_hourly": ("17 * * * *", "cd / && run-parts --report /etc/cron.hourly"),
        "cron_daily": (
            "25 6 * * *",
            "test -x /usr/sbin/anacron || { cd / && run-parts --report /etc/cron.daily; }",
        ),
        "poll": ("*/5 * * * *", "/srv/shop/bin/poll"),
    }
    assert found.env == {"PATH": "/usr/local/sbin:/usr/local/bin:/sbin:/bin:/usr/sbin:/usr/bin"}
    assert not any("desc" in each for each in found.tasks.values())


@pytest.mark.parametrize("me", ["root", "shop"])
def test_who_runs_procman_is_no_other_user(me: str) -> None:
    told = [line for line in lost(gather(("/etc/crontab", ETC_CRONTAB), me=me)) if "it runs as" in line]
    others = {"root": [(15, "shop")], "shop": [(13, "root"), (14, "root")]}[me]
    assert [line[:40] for line in told] == [
        f"/etc/crontab:{at}: it runs as '{who}' there"[:40] for at, who in others
    ]
    assert all(f"'runuser -u {who} --'" in line for line, (_, who) in zip(told, others, strict=True))


def test_the_user_is_no_part_of_the_command() -> None:
    text = "@daily\tshop\tmail joe%Hi\n*/2 * * * *   shop   cd /srv/shop && ./x\n"
    found = gather(("/etc/cron.d/shop", text))
    assert [each["command"] for each in found.tasks.values()] == ["printf '%s\\n' Hi | mail joe", "./x"]


def test_a_line_without_a_command_is_told() -> None:
    assert lost(gather(("/etc/cron.d/shop", "\n* * * * * shop\n@daily shop \n"))) == [
        "/etc/cron.d/shop:2: there is no command: nothing is made of it",
        "/etc/cron.d/shop:3: there is no command: nothing is made of it",
    ]


def test_it_is_the_module_of_its_kind() -> None:
    assert sources.importer("crontab-system") is system
