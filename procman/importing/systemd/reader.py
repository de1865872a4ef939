"""Settings of a unit, asked for one by one; what cannot be carried over is told with its line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.importing.systemd import lacks, reading

if TYPE_CHECKING:
    from procman.importing.found import Found
    from procman.importing.systemd.reading import Setting, Unit

SERVICE, UNIT = "Service", "Unit"


class Reader:
    """A unit that is read."""

    def __init__(self, unit: Unit, found: Found) -> None:
        self.unit = unit
        self.found = found
        self.kind = self.word("Type") or "simple"

    def lose(self, setting: Setting, why: str) -> None:
        """Say that a setting is not carried over, or not quite."""
        self.found.lose(setting.line, f"{setting}: {why}")

    def lose_rest(self) -> None:
        """Say so of all that nobody has asked for."""
        for setting in self.unit.left:
            why = lacks.why(setting)
            if why == lacks.ELSE:  # a slip of the pen, it may be: nobody knows whether its value is a secret
                self.found.lose(setting.line, f"{setting.key}: {why}")
            elif why:
                self.lose(setting, why)

    def word(self, key: str) -> str:
        """A value of a service that is one word, nothing if it is not said; it can be asked for again."""
        said = [each.value for each in self.unit.left if (each.section, each.key) == (SERVICE, key)]
        return said[-1].lower() if said else ""

    def seconds(self, key: str, usual: float, section: str = SERVICE) -> float:
        """A time in seconds."""
        said = self.unit.last(section, key)
        if said is None:
            return usual
        try:
            return reading.seconds(said.value)
        except ValueError as error:
            self.lose(said, f"{error}")
            return usual

    def number(self, key: str, usual: int, section: str = SERVICE) -> int:
        """A whole number."""
        said = self.unit.last(section, key)
        if said is None or said.value.isdecimal():
            return int(said.value) if said else usual
        self.lose(said, "it is no number")
        return usual
