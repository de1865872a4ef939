"""Transactions in transactions, whichever the database is: the outermost is the one that counts."""

from __future__ import annotations

from contextlib import contextmanager

TYPE_CHECKING = False  # as type checkers know it; this is imported by apps, and stays light
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Transactions:
    """`_failed`: something went wrong in this one, so nothing of it is to be kept."""

    _depth = 0
    _failed = False

    @contextmanager
    def _nested(self, begin: Callable[[], None]) -> Iterator[None]:
        if not self._depth:
            begin()
        self._depth += 1
        try:
            yield
            if self._depth == 1:
                self._commit()
        except BaseException:
            self._failed = True
            raise
        finally:
            self._depth -= 1
            if not self._depth:
                self._end()

    def _commit(self) -> None:
        """Keep what was done."""
        raise NotImplementedError

    def _end(self) -> None:
        """Undo what was not kept, and be ready for the next."""
        raise NotImplementedError
