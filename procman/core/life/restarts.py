"""What the end of a child means for its process, by its policies, and when the next one follows."""

from __future__ import annotations

from procman.core.exitcodes import signal_name
from procman.core.life.service import Event
from procman.core.plan.policies import Restart
from procman.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from procman.core.plan.policies import Backoff, Policies

CLEAN = ("SIGHUP", "SIGINT", "SIGTERM", "SIGPIPE")
"""Who ends by one of these has not failed (`Restart=` in systemd.service(5))."""
JITTER = 0.1
"""Of a delay: so much less or more of it, so that those who failed together do not come back together."""


class End(NamedTuple):
    """Of a child that nobody has stopped. `code` is minus n for signal n; `lasted` in seconds."""

    code: int
    lasted: float
    why: str | None = None
    """What was wrong with it, if it was made to stop: it was not well, or not ready in time."""
    late: bool = False
    """Whether it was that it had not become ready."""

    @property
    def clean(self) -> bool:
        """Whether nothing was wrong."""
        by_signal = self.code < 0 and signal_name(-self.code) in CLEAN
        return self.why is None and (self.code == 0 or by_signal)


def failures(before: int, end: End, policies: Policies) -> int:
    """How many in a row there are with this one. Who ran for long has none behind it, nor who ended well, but
    for one that is to run always."""
    if end.clean and policies.restart is not Restart.ALWAYS:
        return 0
    return 1 if end.lasted >= policies.backoff.reset_after else before + 1


def verdict(policies: Policies, end: End, failed: int) -> Event:
    """What an end means, when there were so many failures in a row, this one included."""
    if policies.oneshot and end.code == 0 and end.why is None:
        return Event.DONE
    if end.why is None or end.late:
        if policies.ends_all:
            return Event.GONE
        if end.clean and policies.restart is not Restart.ALWAYS:
            return Event.GIVEN_UP if policies.oneshot else Event.DONE
        if policies.restart in (None, Restart.NEVER):
            return Event.GIVEN_UP
    # What was made to stop because it was not well is to run, whatever its own end would mean.
    limit = policies.backoff.give_up_after
    gives_up = limit is not None and failed >= limit and not end.clean
    return Event.GIVEN_UP if gives_up else Event.AGAIN


def delay(backoff: Backoff, failed: int, chance: float) -> float:
    """Seconds until the next start, after so many failures in a row; `chance` is in [0, 1)."""
    doubled = backoff.initial * 2.0 ** min(max(0, failed - 1), 64)
    return min(doubled, backoff.longest) * (1 + JITTER * (2 * chance - 1))
