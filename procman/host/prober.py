"""Asks processes whether they are well: over TCP, over HTTP, with a command. Nobody waits for the answer."""

from __future__ import annotations

from collections import deque

from procman.core.messages import Unasked
from procman.core.plan.policies import Kind
from procman.errors import ShortageError
from procman.host import lookups, probehttp
from procman.host.probeanswers import Answer, in_words
from procman.host.probecommands import Commands
from procman.host.visit import HttpVisit, Visit
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from procman.core.plan.questions import Question
    from procman.host.lookups import Found
    from procman.host.poller import Poller

MOST_LEAVING = 32


class Prober:
    """`environment` is that of the app, as it is when a command begins."""

    def __init__(self, poller: Poller, environment: Callable[[], Mapping[str, str]]) -> None:
        self._poller = poller
        self._commands = Commands(poller, environment)
        self._lookups = lookups.Lookups(poller)
        self._visits: set[Visit] = set()
        """Those that have no answer yet."""
        self._leaving: deque[Visit] = deque()
        """The last that have theirs, and read on."""

    @property
    def pids(self) -> Collection[int]:
        """The children that run commands of questions."""
        return self._commands.pids

    def ask(self, question: Question, then: Callable[[str | None], None]) -> Callable[[], None]:
        """`then` is called once, by a message: with None if all is well, else with why not.

        Gives what ends the question: no answer comes after that, and nothing of it is left. Nothing else
        ends one that nobody answers.
        """
        answer = Answer(self._poller, then)
        if question.kind is Kind.CMD:
            return self._commands.ask(question, answer)
        return self._visit(question, answer)

    def child_exited(self, pid: int, code: int) -> bool:
        """Whether it was a command of a question, ended ones included; if so, its answer follows."""
        return self._commands.child_exited(pid, code)

    def close(self) -> None:
        """End all questions. Commands are killed: their exits follow."""
        for visit in (*self._visits, *self._leaving):
            visit.drop()
        self._visits.clear()
        self._leaving.clear()
        self._lookups.close()
        self._commands.close()

    def _visit(self, question: Question, answer: Answer) -> Callable[[], None]:
        host, port = question.host, question.port
        if question.kind is Kind.HTTP:
            request = probehttp.request(host, port, question.path)
            visit: Visit = HttpVisit(self._poller, answer, self._answered, request)
        else:
            visit = Visit(self._poller, answer, self._answered)
        self._visits.add(visit)

        self._find(host, port, visit.begin)
        return lambda: self._cancel(visit, answer)

    def _cancel(self, visit: Visit, answer: Answer) -> None:
        answer.drop()
        if visit in self._visits:  # else it is open only out of politeness
            self._visits.remove(visit)
            visit.close()

    def _find(self, host: str, port: int, then: Callable[[Found], None]) -> None:
        if found := lookups.known(host, port):
            then(found)
            return
        try:
            self._lookups.find(host, port, then)
        except OSError as error:
            then(in_words(error))
        except ShortageError as error:
            then(Unasked(error))

    def _answered(self, visit: Visit) -> None:
        self._visits.discard(visit)
        if visit.open:
            self._leaving.append(visit)
            if len(self._leaving) > MOST_LEAVING:
                self._leaving.popleft().close()
