"""Units of systemd: services become processes, those that a timer starts become tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from procman.errors import Problem, UserError
from procman.importing.systemd import reading
from procman.importing.systemd import service as systemdservice
from procman.importing.systemd import timer as systemdtimer
from procman.importing.systemd.reader import UNIT, Reader
from procman.importing.systemd.reading import Setting, Unit

if TYPE_CHECKING:
    from procman.importing.found import Found, Keys

NO_UNIT = "there is neither [Service] nor [Timer]: it is no unit that runs something"
NOT_HERE = "{} is not among the files: name it with this one, and they become a task"
NOTHING = "no ExecStart that can be read: nothing is made of it"
ELSEWHERE = "procman does not wait for what is not among the files: {}"
DROP_INS = "systemd reads {0}/*.conf with it: name these files, too"
NO_SETTING = "this is no setting: it is left out"


def read(data: bytes, source: str, found: Found) -> None:
    """Keep a unit until all files are read: a timer and its service are two. Raises `UserError` for what is
    none."""
    text = data.decode("utf-8", "surrogateescape")
    items = [*reading.settings(text)]
    settings = [item for item in items if isinstance(item, Setting)]
    if not any(each.section in ("Service", "Timer") for each in settings):
        raise UserError([Problem(source, None, NO_UNIT)])
    for item in items:
        if not isinstance(item, Setting):
            found.lose(item, NO_SETTING)
    found.gather(_finish, Unit(reading.name_of(source, text), source, settings))


def _tell_of_drop_ins(found: Found, sources: list[str]) -> None:
    """Those that lie beside a unit, of which none is named."""
    for source in sources:
        folder = f"{source}.d"
        if found.place.is_folder(folder) and not any(each.startswith(f"{folder}/") for each in sources):
            found.of(source).lose(None, DROP_INS.format(folder))


def _finish(found: Found, items: list[tuple[str, Any]]) -> None:
    _tell_of_drop_ins(found, [source for source, _ in items])
    units: dict[str, Unit] = {}
    for _, unit in items:
        if unit.name in units:  # a drop-in
            units[unit.name].left += unit.left
        else:
            units[unit.name] = unit
    _Units(found, units).convert()


class _Units:
    """All units that are read, by their names."""

    def __init__(self, found: Found, units: dict[str, Unit]) -> None:
        self.found = found
        self.units = units
        self.processes: dict[str, str] = {}
        """Of services, by the names of the units."""

    def convert(self) -> None:
        timers = self._timers()
        for name, unit in self.units.items():
            if unit.kind == "service":
                self._service(name, unit, timers.get(name))
        for name, unit in self.units.items():
            self.found.of(unit.source)
            self._order(name, unit)
            Reader(unit, self.found).lose_rest()

    def _timers(self) -> dict[str, Keys]:
        """The keys that timers have for tasks, by the services that they start."""
        timers: dict[str, Keys] = {}
        for unit in self.units.values():
            if unit.kind != "timer":
                continue
            reader = Reader(unit, self.found.of(unit.source))
            service = systemdtimer.service_of(reader)
            if service not in self.units:
                self.found.lose(None, NOT_HERE.format(service))
                unit.left = []
                continue
            timers[service] = {**timers.get(service, {}), **systemdtimer.keys(reader)}
            unit.all(UNIT, "Description")
        return timers

    def _service(self, name: str, unit: Unit, timer: Keys | None) -> None:
        reader = Reader(unit, self.found.of(unit.source))
        service = systemdservice.read(reader)
        if service is None:
            self.found.lose(None, NOTHING)
            unit.left = []
            return
        wanted = unit.stem if not unit.instance else f"{unit.stem}_{unit.instance}"
        if timer is not None:
            command, keys = systemdservice.as_task(reader, service, timer)
            self.found.task(wanted, command, keys, service.line)
            return
        command, keys = systemdservice.as_process(reader, service, self.found)
        self.processes[name] = self.found.process(wanted, command, keys, service.line)

    def _order(self, name: str, unit: Unit) -> None:
        """What it starts after. What it only wants starts anyway."""
        reader = Reader(unit, self.found)
        for key in ("After", "Before", "Wants", "Requires", "Requisite", "BindsTo"):
            for said in unit.all(UNIT, key):
                others = said.value.split()
                missing = [each for each in others if each not in self.units]
                if missing and unit.kind == "service":
                    reader.lose(said, ELSEWHERE.format(", ".join(missing)))
                for other in others:
                    if key == "After":
                        self._depend(name, other)
                    elif key == "Before":
                        self._depend(other, name)

    def _depend(self, later: str, earlier: str) -> None:
        """Have one process wait for another; what is a task is waited for by nobody."""
        if later in self.processes and earlier in self.processes and later != earlier:
            keys = self.found.processes[self.processes[later]]
            depends = keys.setdefault("depends_on", [])
            if self.processes[earlier] not in depends:
                depends.append(self.processes[earlier])
