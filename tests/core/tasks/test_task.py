from __future__ import annotations

from procman.core.tasks.task import Missed, OnLost, Overlap, Task


def test_what_a_task_does_not_say_is_as_documented() -> None:
    task = Task("report", "python report.py")
    assert (task.overlap, task.missed, task.grace) == (Overlap.SKIP, Missed.ONCE, 3600)
    assert (task.timeout, task.retries, task.retry_delay, task.jitter) == (None, 0, 10, 0)
    assert (task.enabled, task.on_lost) == (True, OnLost.LEAVE)
    assert (task.keep, task.keep_for, task.keep_keys) == (1000, 90 * 24 * 3600, 90 * 24 * 3600)
