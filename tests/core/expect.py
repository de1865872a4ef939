"""What the tests of this room ask again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from procman.errors import Problem, UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def problems(call: Callable[[], object]) -> tuple[Problem, ...]:
    """The mistakes that a call reports; the test fails when it reports none."""
    with pytest.raises(UserError) as caught:
        call()
    assert caught.value.problems
    return caught.value.problems


def problems_if_any(call: Callable[[], object]) -> tuple[Problem, ...]:
    """The mistakes that a call reports, if it reports any; every other exception passes through."""
    try:
        call()
    except UserError as error:
        return error.problems
    return ()


def joined(buffers: Iterable[bytes | memoryview]) -> bytes:
    """What one `writev` of the buffers writes."""
    return b"".join(bytes(buffer) for buffer in buffers)
