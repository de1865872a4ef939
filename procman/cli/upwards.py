"""What procman tells who has started it, if that wants to know: most often systemd, by sd_notify(3)."""

from __future__ import annotations

import os

from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from procman.app.app import App
    from procman.cli.controlling import Parts
    from procman.cli.options import Namespace
    from procman.core.plan.plan import Plan
    from procman.engine.supervisor import Supervisor
    from procman.engine.timers import Timer
    from procman.host.systemd import Upwards


def find(options: Namespace) -> None:
    """Who has started procman, in `options.upwards`: called before the environment is read, since no child
    is to hear of it."""
    options.upwards = None
    if "NOTIFY_SOCKET" in os.environ:
        from procman.host.systemd import Upwards  # only who is started by something like systemd waits for it

        options.upwards = Telling(Upwards.find(os.environ))


def begin(options: Namespace, parts: Parts) -> list[Callable[[App, Plan], None]]:
    """Tell it, if anybody wants to hear; what is to be called when the app is read again."""
    if options.upwards is None:
        return []
    parts.engine.after.append(options.upwards.begin(parts.supervisor))
    return [options.upwards.reload]


class Telling:
    """Tells READY=1 when all processes are ready, STOPPING=1, and WATCHDOG=1 as often as that is wanted."""

    def __init__(self, upwards: Upwards) -> None:
        self._upwards = upwards
        self._up = self._stops = False
        self._timer: Timer | None = None

    def begin(self, supervisor: Supervisor) -> Callable[[float], None]:
        """To be called after each turn of the engine."""

        def after(now: float) -> None:
            if self._timer is None and self._upwards.watchdog_s:
                self._live(supervisor, now)
            if not self._up and supervisor.is_up:
                self._up = True
                self._upwards.say("READY=1", f"STATUS={len(supervisor.services.names)} processes")
            if not self._stops and supervisor.stopping:
                self._stops = True
                self._upwards.say("STOPPING=1", "STATUS=stopping")

        return after

    def reload(self, app: App, plan: Plan) -> None:
        """The app was read again: it is ready when its processes are."""
        self._upwards.reloading()
        self._up = False

    def _live(self, supervisor: Supervisor, now: float) -> None:
        """Each half of the time, since a turn may come late."""
        self._upwards.say("WATCHDOG=1")
        every = (self._upwards.watchdog_s or 0) / 2
        self._timer = supervisor.timers.set(now + every, lambda now: self._live(supervisor, now))
