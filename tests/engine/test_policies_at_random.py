"""A formation under policies, through ten thousand events in any order: whatever happens, some things hold.

`EVENTS=1000000 pytest tests/engine/test_policies_at_random.py` looks for longer, and elsewhere each time;
with `SHRINK=1` it makes what it has found short, which takes minutes.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, settings
from hypothesis import Phase as Phases
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from procman.core import facts
from procman.core.life.child import Phase
from procman.core.life.facts import ProcessFailed, ProcessSkipped
from procman.core.life.service import OVER, Event, State
from procman.core.messages import Files
from procman.core.plan.policies import Backoff, Condition, GiveUp, Kind, Policies, Probe, Restart
from procman.engine import watching
from tests.engine.policed import Policed, plan

if TYPE_CHECKING:
    from procman.engine.service import Service

STEPS = 50
EVENTS = int(os.environ.get("EVENTS", "10000"))
TYPES = ("db", "migrate", "web", "worker")
NAMES = [f"{type_}.{number}" for type_ in TYPES for number in (1, 2)]
RUNNING = (Phase.RUNNING, Phase.STOPPING, Phase.KILLING)

maybe = st.booleans()
probes = st.sampled_from([
    None,
    Probe(Kind.TCP, "1", within=5.0, every=0.5, timeout=1.0, failures=2),
    Probe(Kind.HTTP, "/", within=3.0, every=1.0, timeout=0.5),
    Probe(Kind.NOTIFY, within=4.0, every=3.0),
])  # fmt: skip
needs = st.sampled_from([Condition.STARTED, Condition.READY]), st.sampled_from([*Condition])


@st.composite
def policies(draw: st.DrawFn, type_: str) -> Policies:
    """Any that the loader would take: nobody depends on what comes later in TYPES, so there is no cycle."""
    oneshot = type_ == "migrate"
    before = TYPES[: TYPES.index(type_)]
    restart = draw(st.sampled_from([Restart.NEVER, Restart.ON_FAILURE, Restart.ALWAYS]))
    return Policies(
        restart=Restart.ON_FAILURE if oneshot and draw(maybe) else None if oneshot else restart,
        backoff=Backoff(1.0, 4.0, 20.0, draw(st.sampled_from([2, 3, None]))),
        give_up=GiveUp.STOP if draw(st.integers(0, 20)) == 0 else GiveUp.STAY,
        oneshot=oneshot,
        depends_on={name: draw(needs[name == "migrate"]) for name in before if draw(maybe)},
        autostart=draw(st.integers(0, 4)) > 0,
        timeout=draw(st.sampled_from([None, 1.0, 9.0])),
        ready=None if oneshot else draw(probes),
        alive=None if oneshot else draw(probes),
        max_memory=draw(st.sampled_from([None, 1000])),
        max_runtime=draw(st.sampled_from([None, 30.0])),
    )


everything = st.fixed_dictionaries({type_: policies(type_) for type_ in TYPES})


class Formation(RuleBasedStateMachine):
    """Events of the world, of time and of people."""

    play: Policed

    @initialize(found=everything)
    def begin(self, found: dict[str, Policies]) -> None:
        self.found = found
        self.play = Policed(" ".join(NAMES), 5.0, **found)
        self.stopped = False

    def living(self) -> list[str]:
        alive = self.play.supervisor.processes.alive()
        return [each.plan.name for each in alive if each.life.phase in RUNNING]

    # What happens

    @precondition(lambda self: self.living())
    @rule(data=st.data(), code=st.sampled_from([0, 0, 1, 3, -15, -9, -11]), group=maybe, output=maybe)
    def one_ends(self, data: Any, code: int, group: bool, output: bool) -> None:
        name = data.draw(st.sampled_from(self.living()))
        self.play.exit(name, code, group=group and output, output=output)
        self.play.go_on()

    @rule()
    def what_was_left_is_gone(self) -> None:
        for name in NAMES:
            if name not in self.living():
                self.play.children.leave(name)
        self.play.supervisor.processes.check_groups(self.play.clock.now)
        self.play.read()
        self.play.go_on()

    @rule(seconds=st.sampled_from([0.0, 0.1, 0.5, 1.0, 3.0, 10.0]))
    def time_passes(self, seconds: float) -> None:
        self.play.wait(seconds)

    @precondition(lambda self: self.play.prober.asked)
    @rule(well=maybe, number=st.integers(0, 99))
    def somebody_answers(self, well: bool, number: int) -> None:
        asked = self.play.prober.asked
        self.play.prober.answer(None if well else "no", number % len(asked))
        self.play.go_on()

    @rule(name=st.sampled_from(NAMES), said=st.sampled_from(["READY=1", "WATCHDOG=1", "STOPPING=1", "X=1"]))
    def somebody_says_how_it_is(self, name: str, said: str) -> None:
        key, _, value = said.partition("=")
        self.play.says(name, **{key: value})

    @precondition(lambda self: self.play.scales.asked)
    @rule(weight=st.sampled_from([0, 2000]))
    def all_are_weighed(self, weight: int) -> None:
        self.play.scales.answer(weight)
        self.play.go_on()

    # What people want

    @precondition(lambda self: not self.play.supervisor.stopping)
    @rule(data=st.data(), event=st.sampled_from([Event.START, Event.STOP, Event.RESTART, Event.RESTART]))
    def a_command(self, data: Any, event: Event) -> None:
        if names := self.play.supervisor.services.names:
            self.play.command(data.draw(st.sampled_from(names)), event)

    @precondition(lambda self: not self.play.supervisor.stopping)
    @rule(type_=st.sampled_from(TYPES))
    def files_change(self, type_: str) -> None:
        services, publish = self.play.supervisor.services, self.play.children.publish
        watching.restart(services, publish, self.play.clock, {type_: Files(["app.py"], 1)})
        self.play.go_on()

    @precondition(lambda self: not self.play.supervisor.stopping)
    @rule(found=everything, count=st.integers(1, 2), changed=st.sets(st.sampled_from(NAMES)))
    def a_reload(self, found: dict[str, Policies], count: int, changed: set[str]) -> None:
        kept = [name for name in NAMES if name.endswith("1") or count == 2]
        self.found = found
        plans = [plan(name, found[name.partition(".")[0]]) for name in kept]
        self.play.reload(plans, *changed)

    @rule(seconds=st.sampled_from([0.5, 30.0]))
    def all_are_suspended(self, seconds: float) -> None:
        self.play.clock.now += seconds
        self.play.supervisor.postpone(seconds)

    @precondition(lambda self: self.stopped or self.play.clock.now > 20.0)
    @rule()
    def all_are_stopped(self) -> None:
        self.stopped = True
        self.play.stop()

    # What holds

    @invariant()
    def states_are_those_of_the_children(self) -> None:
        for each in self.play.supervisor.services:
            is_there = each.process is not None and each.process.life.phase is not Phase.ENDED
            assert is_there == each.state.there, (each.plan.name, each.state)
            assert (each.state is State.BACKOFF) <= bool(each.timer and each.timer.waits)
            if each.state in (State.FAILED, State.SKIPPED, State.WAITING):
                assert each.note, each.plan.name

    @invariant()
    def no_process_has_two_children(self) -> None:
        left: dict[str, int] = {}
        for fact in self.play.children.facts:
            if isinstance(fact, facts.ProcessStarted):
                assert fact.name not in left, fact.name
                left[fact.name] = fact.pid
            elif isinstance(fact, facts.ProcessEnded):
                assert left.pop(fact.name) == fact.pid
            elif isinstance(fact, facts.GivenUp):
                left.pop(fact.who[0], None)

    @invariant()
    def nothing_is_due_in_the_past(self) -> None:
        deadline = self.play.supervisor.deadline
        assert deadline is None or deadline >= self.play.clock.now

    @invariant()
    def nobody_is_asked_who_is_not_there(self) -> None:
        running = [each for each in self.play.supervisor.services if each.state in (State.STARTING, State.UP)]
        assert len(self.play.prober.asked) <= len(running)

    @invariant()
    def nothing_starts_once_all_are_to_stop(self) -> None:
        journal = self.play.children.journal
        spawned = [line for line in journal if line.startswith("spawn")]
        assert not (self.play.supervisor.stopping and self.was_stopping and spawned), spawned
        journal.clear()
        self.was_stopping = self.play.supervisor.stopping

    was_stopping = False

    def teardown(self) -> None:
        if not hasattr(self, "play"):
            return
        self.settle()
        self.all_end()

    def settle(self) -> None:
        """Everybody who stops ends, everybody who is asked is well: then all is as it is wanted, or it was
        said that it will not be."""
        play = self.play
        for _ in range(200):
            for each in [*play.supervisor.services]:
                if (
                    each.state in (State.FAILING, State.STOPPING, State.RESTARTING)
                    and each.plan.name in self.living()
                ):
                    play.dies(each.plan.name, -15)
                if (
                    each.plan.policies.oneshot
                    and each.state is State.STARTING
                    and each.plan.name in self.living()
                ):
                    play.dies(each.plan.name, 0)
                play.says(each.plan.name, READY="1", WATCHDOG="1")
            self.what_was_left_is_gone()
            while play.prober.asked:
                play.answer(None)
            play.wait(0.2)
            self.nothing_starts_once_all_are_to_stop()
            if all(map(self.is_fine, play.supervisor.services)):
                break
        told = {each.name for each in play.children.facts if isinstance(each, ProcessFailed | ProcessSkipped)}
        for each in play.supervisor.services:
            assert self.is_fine(each), (each.plan.name, each.state, each.note)
            assert each.state not in (State.FAILED, State.SKIPPED) or each.plan.name in told

    def is_fine(self, each: Service) -> bool:
        """Whether it is as it is wanted, or nobody can help."""
        return each.settled and (each.state in (State.UP, State.WAITING) or each.state in OVER)

    def all_end(self) -> None:
        play = self.play
        play.stop()
        for _ in range(20):
            for name in self.living():
                if name in play.children.signalled:
                    play.exit(name, -play.children.signalled[name])
            self.what_was_left_is_gone()
            play.wait(1.0)
        self.nothing_starts_once_all_are_to_stop()
        assert play.supervisor.finished
        assert play.supervisor.deadline is None
        started = [each.pid for each in play.children.facts if isinstance(each, facts.ProcessStarted)]
        ended = [each.pid for each in play.children.facts if isinstance(each, facts.ProcessEnded)]
        given_up = [each.who[1] for each in play.children.facts if isinstance(each, facts.GivenUp)]
        assert Counter(started) == Counter([*ended, *given_up])  # no end is lost, none is told twice


TestFormation = Formation.TestCase
TestFormation.settings = settings(
    max_examples=EVENTS // STEPS,
    stateful_step_count=STEPS,
    deadline=None,
    derandomize="EVENTS" not in os.environ,
    phases=[Phases.generate] + [Phases.shrink] * ("SHRINK" in os.environ),
    report_multiple_bugs=False,
    suppress_health_check=[*HealthCheck],
)
