"""What people and the app have the store write: runs asked for and taken back, tasks paused and resumed."""

from __future__ import annotations

from procman.core.tasks import transitions
from procman.core.tasks.run import Ending, Outcome
from procman.core.tasks.transitions import Event
from procman.store.queries import Queries

TYPE_CHECKING = False  # as type checkers know it; this is imported by apps, and stays light
if TYPE_CHECKING:
    from procman.core.tasks.run import Request, Run


class Requests(Queries):
    """Changes that are asked for."""

    def request(self, request: Request) -> tuple[int, bool]:
        with self._asking():
            if request.key is not None and (
                found := self._db.rows(self._sql.SAME_KEY, request.task, request.key)
            ):
                return found[0][0], False
            return self._insert(transitions.of_request(request)) or 0, True

    def begin(self, request: Request, command: str, owner: str) -> Run:
        run = transitions.begun(request, command, owner)
        with self._asking():
            return run._replace(id=self._insert(run) or 0)

    def cancel(self, run: int, now: float) -> bool:
        with self.together():
            runs, pasts = self._with_pasts([run])
            found, ending = runs.get(run), Ending(Outcome.CANCELED, now)
            canceled = found and transitions.finished(found, ending, Event.CANCEL)
            if canceled:
                self._finish(canceled)
                self._db.change(self._sql.PUT_PAST, *pasts[canceled.task].with_end(canceled))
            return bool(canceled)

    def pause(self, task: str, now: float) -> bool:
        with self.together():
            state = self._state(task)
            if not state.paused:
                self._db.change(self._sql.PUT_STATE, *state._replace(paused_at=now, resumed_at=None))
            return not state.paused

    def resume(self, task: str, now: float) -> bool:
        with self.together():
            state = self._state(task)
            if state.paused:
                self._db.change(self._sql.PUT_STATE, *transitions.resumed(state, now))
            return state.paused
