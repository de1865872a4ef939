"""What is said in a transaction of the app's own: each step follows from what the one before gave."""

from __future__ import annotations

import pytest

from procman.core.tasks.run import Request, Trigger
from procman.core.tasks.transitions import of_request
from procman.store.joined import IN_FILE, by_name, named


def test_a_key_that_is_free_again_before_we_see_whose_it_is_is_tried_again() -> None:
    """Who had it has been canceled in the middle."""
    steps = IN_FILE.steps(of_request(Request("show", (), Trigger.MANUAL, 1.0, 1.0, "caf\udcff")))
    insert = next(steps)
    assert insert[0] == IN_FILE.insert_keyed
    asked = (IN_FILE.same_key, ("show", "caf\\udcff"))
    assert [steps.send([]), steps.send([])] == [asked, insert]
    assert steps.send([]) == asked
    with pytest.raises(StopIteration) as end:
        steps.send([(7,)])
    assert end.value.value == 7


def test_values_are_named_as_libraries_have_it() -> None:
    assert named("a = ? AND b = ? AND c", "%(v{})s") == "a = %(v1)s AND b = %(v2)s AND c"
    assert named("?2::text, ?1, ?2", ":v{} ") == ":v2 ::text, :v1 , :v2 "
    assert by_name(("a", None)) == {"v1": "a", "v2": None}
