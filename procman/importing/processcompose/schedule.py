"""A process of process-compose with a `schedule`, as a task (Scheduled Processes in its documentation)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.importing.processcompose import lacks
from procman.importing.reading import surroundings
from procman.importing.reading.partvalues import number

if TYPE_CHECKING:
    from procman.importing.found import Found, Keys
    from procman.importing.processcompose.process import Process
    from procman.importing.reading.parts import Part

LOCAL = "Local"
PHASE = "process-compose counts from its own start, procman in UTC: 'every 30m' is at :00 and :30"


def add(found: Found, process: Process, command: str) -> str:
    """Add the task. Returns its name."""
    part = process.part
    keys = _schedule(part.part("schedule"))
    if description := part.text("description"):
        keys = {"desc": description, **keys}
    if process.is_off():
        keys["enabled"] = False
    front = surroundings.front(found, process.around())
    for key in [key for key in part.entries if key in lacks.TASK]:
        part.lose(part.entries.pop(key).line, f"{key}: {lacks.TASK[key]}")
    return found.task(process.name, front + command, keys, part.line)


def _schedule(part: Part) -> Keys:
    cron, zone = part.text("cron").strip(), part.text("timezone").strip()
    line, interval = part.line_of("interval"), part.text("interval").strip()
    schedules = []
    if cron:
        schedules.append(f"{cron} {zone}" if zone and zone != LOCAL else cron)
    elif interval:
        schedules.append(f"every {interval}")
        part.lose(line, f"interval: {PHASE}")
    if part.flag("run_on_start"):
        schedules.append("@reboot")
    keys: Keys = {"schedule": schedules if len(schedules) > 1 else schedules[0]} if schedules else {}
    keys["missed"] = "skip"
    line, most = part.line_of("max_concurrent"), number(part, "max_concurrent", 1)
    if most > 1:
        keys["overlap"] = "allow"
        part.lose(line, f"max_concurrent: {most}: with 'overlap: allow' there may be more at a time")
    part.finish()
    return keys
