"""Files have changed: the processes that they concern are restarted."""

from __future__ import annotations

from procman.core.life.facts import FilesChanged
from procman.core.life.service import Event
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from procman.core.facts import Fact
    from procman.core.messages import Files
    from procman.engine.services import Services


def restart(
    services: Services,
    publish: Callable[[Fact], None],
    clock: Callable[[], float],
    changed: Mapping[str, Files],
) -> None:
    """`changed` are files, by the process types that they concern. Who was stopped stays so."""
    for type_, files in changed.items():
        names = [each.plan.name for each in services if each.plan.type == type_ and each.state.wanted]
        if names and files:
            publish(FilesChanged(tuple(files), tuple(names), files.total))
        for name in names:
            services.command(name, Event.RESTART, clock())
