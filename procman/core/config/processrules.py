"""What makes no sense together in what procman.yml says of one process type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.core.plan.policies import Restart

if TYPE_CHECKING:
    from collections.abc import Iterator

    from procman.core.plan.policies import Policies


def wrong(policies: Policies) -> Iterator[tuple[str, str]]:
    """Key and sentence of each mistake."""
    if policies.oneshot:
        yield from _wrong_in_oneshot(policies)
    twice = [each for at, each in enumerate(policies.listen) if each in policies.listen[:at]]
    if twice:
        yield "listen", f"{twice[0]} is there twice: take one out"


def _wrong_in_oneshot(policies: Policies) -> Iterator[tuple[str, str]]:
    if policies.restart is Restart.ALWAYS:
        yield "restart", "'oneshot' is to end, and 'always' starts it again for ever: take one of them out"
    for key in ("ready", "alive"):
        if getattr(policies, key):
            yield key, "'oneshot' is to end, and nobody asks it until then: take one of them out"
