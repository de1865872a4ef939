"""What is asked of the history."""

from __future__ import annotations

from procman.typed import NamedTuple

TYPE_CHECKING = False  # as type checkers know it; this is imported by apps, and stays light
if TYPE_CHECKING:
    from procman.core.tasks.run import Outcome, Run


class Query(NamedTuple):
    """Runs for which all holds that is given. Times are UTC seconds since the epoch, compared with `Run.at`.

    None among `outcomes` means runs that have not ended. `text` is found in the command, an argument, the
    key, the reason or the output, as it is written. `before` is the place of the last run of the page before.
    """

    task: str | None = None
    outcomes: tuple[Outcome | None, ...] | None = None
    since: float | None = None
    until: float | None = None
    text: str | None = None
    before: tuple[float, int] | None = None

    def admits(self, run: Run, output: bytes | None) -> bool:
        """Whether a run is among those that are asked for."""
        return (
            self.task in (None, run.task)
            and (self.outcomes is None or run.outcome in self.outcomes)
            and (self.since is None or run.at >= self.since)
            and (self.until is None or run.at < self.until)
            and (self.before is None or run.place < self.before)
            and (self.text is None or _is_in(self.text, run, output))
        )


def _is_in(text: str, run: Run, output: bytes | None) -> bool:
    words = (run.command, run.key or "", run.reason or "", *run.args)
    return any(text in word for word in words) or text.encode(errors="replace") in (output or b"")


EVERYTHING = Query()
