"""Users and groups, by name and number."""

from __future__ import annotations

import grp
import os
import pwd

import pytest

from procman.app import accounts
from procman.core.plan.policies import Account

ROOT, SOMEBODY = 0, 54321
"""The latter is the number of nobody here."""
DAEMON = pwd.getpwnam("daemon")


@pytest.fixture
def as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: ROOT)
    monkeypatch.setattr(os, "getegid", lambda: ROOT)


@pytest.fixture
def as_daemon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: DAEMON.pw_uid)
    monkeypatch.setattr(os, "getegid", lambda: DAEMON.pw_gid)


def wrong(user: str | None, group: str | None = None) -> str:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # the text is what is looked at
        accounts.of(user, group)
    return str(caught.value)


def test_who_names_nobody_is_nobody_else() -> None:
    assert accounts.of(None, None) is None


@pytest.mark.usefixtures("as_root")
@pytest.mark.parametrize("user", ["daemon", str(DAEMON.pw_uid)])
def test_a_user_has_its_groups_its_name_and_its_home(user: str) -> None:
    groups = tuple(os.getgrouplist("daemon", DAEMON.pw_gid))
    expected = Account(DAEMON.pw_uid, DAEMON.pw_gid, groups, "daemon", DAEMON.pw_dir)
    assert accounts.of(user, None) == expected


@pytest.mark.usefixtures("as_root")
def test_the_group_may_be_another_one() -> None:
    group = next(each for each in grp.getgrall() if each.gr_gid != DAEMON.pw_gid)
    for text in (group.gr_name, str(group.gr_gid)):
        found = accounts.of("daemon", text)
        assert found
        assert (found.uid, found.gid) == (DAEMON.pw_uid, group.gr_gid)
        assert group.gr_gid in found.groups


@pytest.mark.usefixtures("as_root")
def test_a_number_without_a_name_needs_a_group() -> None:
    assert accounts.of(str(SOMEBODY), "7") == Account(SOMEBODY, 7, (7,), str(SOMEBODY), "/")
    assert wrong(str(SOMEBODY)) == "user 54321 has no name here, and so no group: write 'group:' too"


@pytest.mark.usefixtures("as_root")
def test_a_group_alone_is_for_who_runs_procman() -> None:
    found = accounts.of(None, "7")
    assert found
    assert (found.uid, found.gid) == (ROOT, 7)


@pytest.mark.usefixtures("as_root")
@pytest.mark.parametrize(
    ("user", "group", "text"),
    [
        ("deamon", None, "there is no user 'deamon' here, did you mean 'daemon'?"),
        ("daemon", "qqqq", "there is no group 'qqqq' here"),
        ("4294967295", "0", "4294967295 is larger than the number of any user or group"),
        ("9" * 5000, None, f"{'9' * 5000} is larger than the number of any user or group"),
    ],
)
def test_who_is_not_there_is_a_mistake(user: str, group: str | None, text: str) -> None:
    assert wrong(user, group) == text


@pytest.mark.usefixtures("as_daemon")
def test_only_root_may_be_somebody_else() -> None:
    assert wrong("root") == "only root can start processes as somebody else"
    assert wrong("daemon", str(DAEMON.pw_gid + 1)) == "only root can start processes as somebody else"
    assert wrong(None, str(DAEMON.pw_gid + 1)) == "only root can start processes as somebody else"


@pytest.mark.usefixtures("as_daemon")
def test_whoever_is_it_already_needs_nothing() -> None:
    assert accounts.of("daemon", None) is None
    assert accounts.of(str(DAEMON.pw_uid), str(DAEMON.pw_gid)) is None
