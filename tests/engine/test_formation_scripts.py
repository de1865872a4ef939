"""A formation with fakes, through random scripts of ends, commands, signals and time: nothing is left."""

from __future__ import annotations

import random
from collections import Counter
from signal import SIGINT, SIGTERM

from procman.core import facts
from procman.core.life.child import Phase
from procman.core.life.service import Event, State
from tests.engine.play import Play

SCRIPTS = 2000
LONGEST = 30
NAMES = ("web.1", "web.2", "worker.1")


def children(play: Play) -> list[str]:
    """Those that run, or have been told to stop."""
    there = (Phase.RUNNING, Phase.STOPPING, Phase.KILLING)
    return [each.plan.name for each in play.supervisor.processes.alive() if each.life.phase in there]


def act(play: Play, chance: random.Random) -> None:
    """One thing happens."""
    supervisor, now = play.supervisor, play.clock.now
    kind = chance.choice(["exit", "exit", "command", "command", "command", "close", "time", "signal"])
    if kind == "exit" and (running := children(play)):
        code = chance.choice([0, 0, 1, -15, -9, 143])
        play.exit(chance.choice(running), code, group=chance.random() < 0.2, output=chance.random() < 0.2)
    elif kind == "command" and not supervisor.stopping and not supervisor._stages:
        event = chance.choice([Event.START, Event.STOP, Event.RESTART])
        supervisor.services.command(chance.choice(supervisor.services.names), event, now)
    elif kind == "close" and (running := children(play)):
        name = chance.choice(running)
        if name not in play.children.closed:
            play.children.closed.add(name)
            supervisor.processes.output_closed(name, now)
    elif kind == "time":
        play.at(now + chance.choice([0.1, 0.4, 2.0, 9.0]))
    elif kind == "signal" and chance.random() < 0.2:
        play.signal(chance.choice([SIGINT, SIGTERM]))
    while supervisor.start_next(play.clock.now):
        pass


def test_whatever_happens_all_comes_to_its_end() -> None:
    chance, stopped_by_themselves = random.Random(9), 0
    for number in range(SCRIPTS):
        play = Play(*chance.choice([("web.1 web.2 worker.1",), ("release.1", "web.1 web.2 worker.1")]))
        told = play.children.facts
        for _ in range(chance.randrange(LONGEST)):
            before = play.supervisor.stopping
            play.children.journal.clear()
            act(play, chance)
            spawned = [line for line in play.children.journal if line.startswith("spawn")]
            assert not (before and spawned), number
            for each in play.supervisor.services:
                is_there = each.process is not None and each.process.life.phase is not Phase.ENDED
                assert is_there or each.state is State.DOWN, (number, each.plan.name, each.state)
        stopped_by_themselves += play.supervisor.stopping and not play.supervisor.asked_to_stop
        play.supervisor.stop("the script is over", play.clock.now)
        while running := children(play):
            play.exit(running[0], -9)
        for name in NAMES:
            play.children.leave(name)
        for _ in range(9):
            play.at(play.clock.now + 20.0)
            play.supervisor.processes.check_groups(play.clock.now)
            play.read()
        assert play.supervisor.finished, number
        assert play.supervisor.deadline is None, number
        started = Counter(fact.pid for fact in told if isinstance(fact, facts.ProcessStarted))
        ended = Counter(fact.pid for fact in told if isinstance(fact, facts.ProcessEnded))
        given_up = Counter(fact.who[1] for fact in told if isinstance(fact, facts.GivenUp))
        assert started == ended + given_up, number  # each is told once
    assert stopped_by_themselves > SCRIPTS / 10
