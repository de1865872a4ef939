from __future__ import annotations

import pytest

from procman.core.tasks import limits
from procman.core.tasks.labels import label, labels
from procman.core.tasks.limits import NO_LIMITS, Limits
from procman.core.tasks.task import Overlap, Task

TASKS = [
    Task("mail", "m", concurrency=2),
    Task("report", "r", concurrency=3, overlap=Overlap.ALLOW),
    Task("train", "t", runs_on="gpu", concurrency=4, overlap=Overlap.ALLOW),
    Task("free", "f"),
]


def test_a_host_with_the_label_takes_as_many_as_there_may_be() -> None:
    found = limits.of(TASKS, ["big", "gpu"])
    assert found.jobs == {"mail": 2, "report": 3, "train": 4}
    assert found.ticks == {"report": 3, "train": 4}  # of mail, overlap says what becomes of them
    assert found.limited == ["mail", "report", "train"]
    assert found.forbidden == []
    assert found.counted


def test_a_host_without_the_label_takes_none() -> None:
    found = limits.of(TASKS, [])
    assert (found.jobs["train"], found.ticks["train"]) == (0, 0)
    assert found.forbidden == ["train"]
    assert found.and_without(["mail"]).forbidden == ["mail", "train"]
    assert found.and_without([]) is found


def test_nothing_is_counted_for_who_takes_all_or_nothing() -> None:
    assert not NO_LIMITS.counted
    assert not Limits.without(["mail"]).counted


def test_labels_are_words_each_once() -> None:
    assert labels("gpu, big,gpu") == ("gpu", "big")
    assert label("gpu-1.x_Y") == "gpu-1.x_Y"


@pytest.mark.parametrize("text", ["", "a b", "-a", "a,", "é", ",", "a/b"])
def test_what_is_no_label_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no label: write letters"):
        labels(text)
