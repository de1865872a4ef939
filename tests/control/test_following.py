"""A place in the backlog: what is not received is told as lost, whoever wants what, however late."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from procman.control.following import OVERHEAD, Backlog, Follower
from procman.logs.ring import Batch

NAMES = ["web.1", "web.2", "worker.1"]
KEPT = 4
"""Batches that have room."""


def add(backlog: Backlog, name: str, number: int) -> None:
    backlog.add(Batch(0.0, name, b"%04d\n" % number))


@given(
    steps=st.lists(st.sampled_from([*NAMES, *NAMES, None]), min_size=20, max_size=80),
    wanted=st.none() | st.sets(st.sampled_from(NAMES)),
)
def test_each_is_received_in_order_or_told_as_lost(steps: list[str | None], wanted: set[str] | None) -> None:
    backlog = Backlog(most=KEPT * (5 + OVERHEAD))
    add(backlog, "web.1", 9999)  # before it comes: nothing to it
    follower = Follower(backlog, wanted)
    got: list[dict[str, object]] = []
    sent: list[str] = []
    for number, step in enumerate(steps):
        if step is None:
            data = follower.next()
            got += [json.loads(data)] if data else []
        else:
            add(backlog, step, number)
            sent += [f"{number:04d}\n"] * (wanted is None or step in wanted)
    while data := follower.next():
        got.append(json.loads(data))
    assert len(backlog._entries) <= KEPT
    at = 0
    for each in got:
        if "lost" in each:
            assert isinstance(each["lost"], int)
            at += each["lost"]
        else:
            assert isinstance(each["log"], dict)
            assert each["log"]["text"] == sent[at]
            at += 1
    assert at == len(sent)
