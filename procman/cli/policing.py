"""What looks after processes under policies, put together once an app has any: probes, limits, watches."""

from __future__ import annotations

import os
import time
from functools import partial
from importlib import import_module

from procman.core.facts import Notice, ProcessEnded
from procman.core.plan.policies import Kind
from procman.host import place
from procman.typed import TYPE_CHECKING

NEEDED_THEN = (
    *("procman.core.life.dependencies", "procman.core.life.facts", "procman.engine.ends"),
    *("procman.core.text.sequences", "procman.core.text.visible", "procman.core.text.redraw"),
)
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from procman.app.app import App
    from procman.cli.controlling import Parts
    from procman.core.facts import Fact
    from procman.core.messages import Message
    from procman.core.plan.plan import Plan, ProcessPlan
    from procman.core.plan.policies import Policies
    from procman.engine.health import Health
    from procman.host.filewatch import FileWatch
    from procman.host.notify import NotifySockets
    from procman.host.poller import Poller
    from procman.host.prober import Prober


class Policing:
    """From `begin` to `end`; a scheduler has no processes to look after."""

    def __init__(self, parts: Parts, poller: Poller, root: str, log_dir: str | None) -> None:
        self._parts = parts
        self._log_dir = log_dir
        self._poller = poller
        self._folder = place.of(root)
        self._begun = False
        self._health: Health | None = None
        self._prober: Prober | None = None
        self._sockets: NotifySockets | None = None
        self._weighs = self._listens = False
        self._watch: FileWatch | None = None

    def begin(self, app: App) -> Sequence[Callable[[App, Plan], None]]:
        """The processes are those of this app; what is returned is told when it was read again."""
        self.take(app)
        return (self.take,)

    def take(self, app: App, plan: Plan | None = None) -> None:
        """The app is another one from now on. Nothing is loaded that none of its policies needs."""
        policies = app.policies
        if policies:
            self._begin()
        if any(_probes(each) for each in policies.values()):
            self._begin_health()
        if any(each.max_memory is not None or each.max_runtime is not None for each in policies.values()):
            self._begin_limits()
        listens = {address for each in policies.values() for address in each.listen}
        if listens or self._listens:
            self._parts.children.listeners.keep(listens)
        self._listens = bool(listens)
        self._watch_files(app.root, {name: each.watch for name, each in policies.items() if each.watch})

    def end(self) -> None:
        """Nothing is looked after any more."""
        for each in (self._prober, self._sockets, self._watch):
            if each:
                each.close()

    def _begin(self) -> None:
        if self._begun:
            return
        from random import random

        from procman.engine.lastlines import LastLines

        _load()
        self._begun = True
        upkeep, last_lines = self._parts.supervisor.services.upkeep, LastLines()
        upkeep.chance, upkeep.last_lines = random, last_lines.of
        upkeep.attendants.append(last_lines)
        self._parts.engine.taps.append(last_lines.output)

    def _begin_health(self) -> None:
        if self._health:
            return
        from procman.engine.health import Health
        from procman.host.notify import NotifySockets
        from procman.host.prober import Prober

        engine, supervisor, bus, _, children = self._parts
        poller = self._poller
        self._prober = prober = Prober(poller, lambda: children.environment)
        self._health = Health(supervisor.services.upkeep, supervisor.timers, self._prober, time.monotonic)
        self._sockets = NotifySockets(self._folder, poller)
        supervisor.services.upkeep.attendants.append(self._health)
        engine.taps.append(self._health.output)
        engine.takes = self._takes
        supervisor.processes.others = lambda: prober.pids
        children.dress.append(self._dressed)
        bus.subscribe(self._hear)

    def _takes(self, message: Message) -> bool:
        """Whether a message is about the health of processes."""
        from procman.core.messages import ChildExited, Notified

        if isinstance(message, Notified) and self._health:
            self._health.notified(message.name, message.said)
            return True
        if isinstance(message, ChildExited) and self._prober:
            return self._prober.child_exited(message.pid, message.code)
        return False

    def _hear(self, fact: Fact) -> None:
        """Who has ended tells nothing more."""
        if isinstance(fact, ProcessEnded) and self._sockets:
            self._sockets.end(fact.name)

    def _dressed(self, plan: ProcessPlan) -> Mapping[str, str]:
        """What a process finds that tells by itself how it is (sd_notify(3))."""
        policies = plan.policies
        if not self._sockets or Kind.NOTIFY not in _kinds(policies):
            return {}
        owner = policies.account.uid if policies.account else None
        return {"NOTIFY_SOCKET": self._sockets.begin(plan.name, owner)}

    def _begin_limits(self) -> None:
        if self._weighs:
            return
        from procman.engine.limits import Limits
        from procman.host.scales import Scales

        self._weighs = True
        supervisor, scales = self._parts.supervisor, Scales(self._poller)
        limits = Limits(supervisor.services.upkeep, supervisor.timers, scales, time.monotonic)
        supervisor.services.upkeep.attendants.append(limits)

    def _watch_files(self, root: str, patterns: Mapping[str, Sequence[str]]) -> None:
        if not patterns and not self._watch:
            return
        from procman.engine import watching
        from procman.host.filewatch import FileWatch

        services, publish = self._parts.supervisor.services, self._parts.bus.publish
        watch = self._watch or FileWatch(root, self._poller, lambda text: publish(Notice(text)))
        self._watch, engine = watch, self._parts.engine
        if self._log_dir:  # else what a process writes there would be a change
            log_dir = os.path.relpath(self._log_dir, root)
            patterns = {type_: (*each, f"!{log_dir}/") for type_, each in patterns.items()}

        def begin(now: float) -> None:
            """A moment later: first the processes start."""
            engine.after.remove(begin)
            watch.watch(patterns, partial(watching.restart, services, publish, time.monotonic))

        engine.after.append(begin)


def _load() -> None:
    """What is needed when something has failed: then there may be no descriptor left to read it with."""
    for name in NEEDED_THEN:
        import_module(name)


def _kinds(policies: Policies) -> list[Kind]:
    return [probe.kind for probe in (policies.ready, policies.alive) if probe]


def _probes(policies: Policies) -> bool:
    return bool(_kinds(policies))
