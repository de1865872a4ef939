"""How `procman run` waits for its child."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from procman.cli.commands import run
from procman.core.messages import ChildExited, GuardianDied, SignalReceived
from procman.host.signals import GRACE_SECONDS
from procman.testing.fakes import FakePoller

if TYPE_CHECKING:
    import pytest

PID = 4711


def test_a_killed_guardian_is_the_end_of_the_child_whether_it_obeys_or_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    swept: list[float] = []
    monkeypatch.setattr(
        "procman.cli.commands.run.subreaper.sweep", lambda grace, impatient: swept.append(grace)
    )
    poller = FakePoller()
    poller.prepared = [[GuardianDied()]]
    assert run.wait(poller, PID).code == -signal.SIGKILL
    assert swept == [GRACE_SECONDS]


def test_signals_are_passed_on_and_orphans_are_not_the_child(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[int, int]] = []
    monkeypatch.setattr("procman.cli.commands.run.os.kill", lambda pid, number: sent.append((pid, number)))
    poller = FakePoller()
    poller.prepared = [[SignalReceived(15)], [ChildExited(99, 1)], [ChildExited(PID, 3)]]
    assert run.wait(poller, PID).code == 3
    assert sent == [(PID, 15)]
