"""An app of an ecosystem file of pm2 as a process type."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from procman.core.config.yamltree import Entry, Mapping, Scalar
from procman.importing import names
from procman.importing.pm2 import commands, lacks, watch
from procman.importing.reading import seconds, surroundings, words
from procman.importing.reading.surroundings import PORT, Surroundings

if TYPE_CHECKING:
    from procman.importing.found import Found, Keys
    from procman.importing.pm2.commands import Command
    from procman.importing.reading.parts import Part
    from procman.importing.reading.words import Word

UPPER = re.compile(r"(?<=[a-z])[A-Z]")
TIME = re.compile(r"([0-9]+(?:\.[0-9]+)?)(h|m|s)?", re.ASCII)
UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, None: 0.001}
USUAL_STOP, USUAL_UPTIME, USUAL_RESTARTS = 1.6, 1.0, 16
AT_ONCE, LONGEST, RESET = 0.1, 15.0, 30.0
"""pm2 waits not at all, or with `exp_backoff_restart_delay` up to 15 s, until it has been up for 30 s."""
MIN_UPTIME = "min_uptime: 'reset_after' is the 30s behind which exp_backoff_restart_delay begins anew"
INSTANCE = "NODE_APP_INSTANCE"
OTHER_ENVIRONMENT = "env_"
MANY = ("max", "0", "-1")
CLUSTER = "each instance has a PORT of its own. For one of all, let the app listen on {fd: 3}, and write"


class App:
    """Reads one app. `part.where` is its name from here on."""

    def __init__(self, found: Found, part: Part) -> None:
        self.found = found
        self.part = part
        part.entries = {_canonical(key): entry for key, entry in part.entries.items()}
        self.name = part.text("name")
        self.folder = part.text("cwd")
        part.where = self.name or "an app"
        self.counts_port = self.is_max = False
        self.line = part.line

    def add(self) -> None:
        """Add it to what is found, unless it has no script."""
        many = self.part.has("instances")
        script = self.part.entries.get("script")
        text = script.value.text if script and isinstance(script.value, Scalar) else ""
        command = commands.read(self.part, self._is_file(text))
        if command is None:
            return
        count = self._count()
        mode = self.part.line_of("exec_mode")
        cluster = self._is_cluster(many and command.is_node) and (count > 1 or self.is_max)
        keys = {
            **({"instances": count} if count > 1 else {}),
            **self._end(),
            **self._stop(),
            **self._account(),
        }
        around = self._surroundings(command, count)
        made, front = surroundings.keys(self.found, around, alone=count < 2 or self.counts_port or cluster)
        if cluster:
            self.part.lose(mode, f"exec_mode: cluster: {CLUSTER} 'listen: {made.get('port', 3000)}'")
        keys |= {**self._memory(), **watch.keys(self.part, self.found.place, self.folder), **made}
        self._add(command, text, front, keys)

    def _add(self, command: Command, script: str, front: str, keys: Keys) -> None:
        cron = self.part.text("cron_restart")
        self._tell_of_readiness()
        self._tell()
        line = front + words.line([(word,) for word in command.argv])
        name = self.found.process(self.name or _named(script), line, keys, self.line)
        if cron and cron != "0":
            task = {"schedule": cron, "missed": "skip"}
            self.found.task(f"restart_{name}", f"procman restart {name}", task, self.line)

    def _is_file(self, script: str) -> bool:
        return self.found.place.is_file(os.path.join(self.found.place.root, self.folder, script))

    def _count(self) -> int:
        line = self.part.line_of("instances")
        text = self.part.text("instances") or "1"
        self.is_max = text in MANY
        if self.is_max:
            self.part.lose(line, f"instances: {text}: procman does not count processors: write a number")
        number = self._number(text)
        return int(number) if number and 1 <= number < 10000 else 1

    def _is_cluster(self, usual: bool) -> bool:
        """Whether all instances listen on one port, which Node sees to."""
        mode = self.part.text("exec_mode").removesuffix("_mode")
        return mode == "cluster" or (not mode and usual)

    def _surroundings(self, command: Command, count: int) -> Surroundings:
        variables = self._environment()
        if port := self.part.text("port"):
            variables[PORT] = (port,)
        if command.is_python:
            variables["PYTHONUNBUFFERED"] = ("1",)
        name = self.part.text("instance_var") or INSTANCE
        if count > 1:
            variables[name] = (words.instance(0),)
        counter = self.part.text("increment_var")
        value = words.literal(variables.get(counter, ())) or "0"
        first = int(value) if value.isascii() and value.isdecimal() and len(value) < 10 else 0
        self.counts_port = counter == PORT and first > 0  # as procman counts it anyway
        if counter and not self.counts_port:
            variables[counter] = (words.instance(first),) if count > 1 else (str(first),)
        return Surroundings(self.part.where, self.line, (self.folder,) if self.folder else (), variables)

    def _environment(self) -> dict[str, Word]:
        variables: dict[str, Word] = {}
        entry = self.part.entries.get("env")
        if entry and not isinstance(entry.value, Mapping):
            self.part.lose(entry.line, "env: names with values belong here: nothing is made of it")
            self.part.take("env")
        elif entry:
            for key, value, line in self.part.pairs("env"):
                if value is None:
                    self.part.lose(line, f"env: {key}: it has no value")
                else:
                    variables[key] = (value.text,)
        return variables

    def _end(self) -> Keys:
        """Restart and backoff: who is up for `min_uptime` has no failure behind it."""
        delay, growing = self._time("restart_delay"), self._time("exp_backoff_restart_delay")
        least = self.part.line_of("min_uptime")
        up, tries = self._time("min_uptime"), self._whole("max_restarts")
        restart = self._restart()
        if restart == "never":
            return {"restart": restart}
        if growing:
            if up is not None:
                self.part.lose(least, MIN_UPTIME)
            limit = "never" if tries is None else max(tries, 1)
            backoff = {"initial": growing, "max": max(growing, LONGEST), "reset_after": RESET}
        else:
            limit = USUAL_RESTARTS if tries is None else max(tries, 1)
            wait = max(delay or 0.0, AT_ONCE)
            backoff = {"initial": wait, "max": wait, "reset_after": up or USUAL_UPTIME}
        said: Keys = {key: seconds.text(value) for key, value in backoff.items()}
        return {"restart": restart, "backoff": {**said, "give_up_after": limit}}

    def _restart(self) -> str:
        line = self.part.line_of("stop_exit_codes")
        codes = {each.text for each in self.part.scalars("stop_exit_codes")}
        again = self.part.text("autorestart").lower() != "false"
        if codes - {"0"} and again:
            text = "0 alone is an end without a restart for procman, with 'restart: on-failure'"
            self.part.lose(line, f"stop_exit_codes: {', '.join(sorted(codes))}: {text}")
        return "never" if not again else "on-failure" if "0" in codes else "always"

    def _stop(self) -> Keys:
        timeout = self._time("kill_timeout")
        keys: Keys = {
            "stop_signal": "INT",
            "timeout": seconds.text(USUAL_STOP if timeout is None else timeout),
        }
        if self.part.text("treekill").lower() != "false":
            keys["signal_to"] = "group"
        return keys

    def _account(self) -> Keys:
        found: Keys = {}
        for key, name in (("uid", "user"), ("gid", "group")):
            line, value = self.part.line_of(key), self.part.text(key)
            if value and name == "user" and self.found.place.is_user(value):
                found[name] = value
            elif value:
                text = f"write '{name}: {value}' where there is such a {name}, and procman is started by root"
                self.part.lose(line, f"{key}: {text}")
        return found

    def _memory(self) -> Keys:
        text = self.part.text("max_memory_restart")
        return {"max_memory": text} if text else {}

    def _tell_of_readiness(self) -> None:
        line = self.part.line_of("wait_ready")
        if self.part.flag("wait_ready"):
            text = "process.send('ready') reaches nobody: write 'ready' with log:, tcp: or http:"
            self.part.lose(line, f"wait_ready: {text}")
        line, timeout = self.part.line_of("listen_timeout"), self._time("listen_timeout")
        if timeout is not None:
            text = f"write 'ready: {{tcp: port, within: {seconds.text(timeout)}}}' if it listens on its PORT"
            self.part.lose(line, f"listen_timeout: {text}")

    def _time(self, key: str) -> float | None:
        """Seconds of milliseconds, or of `10s`."""
        line, text = self.part.line_of(key), self.part.text(key).strip()
        found = TIME.fullmatch(text)
        if text and not found:
            self.part.lose(line, f"{key}: '{text}' is no time like 1600 or 10s: nothing is made of it")
        return min(float(found[1]) * UNITS[found[2]], 1e9) if found else None

    def _whole(self, key: str) -> int | None:
        line, text = self.part.line_of(key), self.part.text(key)
        number = self._number(text)
        if text and number is None:
            self.part.lose(line, f"{key}: '{text}' is no number: nothing is made of it")
        return None if number is None else int(number)

    def _number(self, text: str) -> float | None:
        return float(text) if re.fullmatch(r"[0-9]{1,9}(?:\.[0-9]{1,9})?", text, re.ASCII) else None

    def _tell(self) -> None:
        """What nobody has taken; log files in one line."""
        left = self.part.entries
        logs = [key for key in lacks.LOGS if key in left]
        if logs:
            self.part.lose(left[logs[0]].line, f"{', '.join(logs)}: {lacks.LOGGED}")
        for key in [*logs, "execute_command"]:
            left.pop(key, None)
        for key in [key for key in left if key.startswith(OTHER_ENVIRONMENT)]:
            name = key.removeprefix(OTHER_ENVIRONMENT)
            text = f"write these variables to .env.{name}: 'procman start -e .env,.env.{name}' takes them"
            self.part.lose(left.pop(key).line, f"{key}: {text}")
        usual = [key for key, entry in left.items() if _is_usual(key, entry)]
        self.part.finish(lacks.APP, usual)


def _canonical(key: str) -> str:
    """pm2 takes `maxRestarts` for `max_restarts`, and other names for some."""
    name = (
        UPPER.sub(lambda found: f"_{found[0].lower()}", key) if not key.startswith(OTHER_ENVIRONMENT) else key
    )
    return lacks.ALIASES.get(name, name)


def _named(script: str) -> str | None:
    """The name of the script, as pm2 has it; None where it is a line of shell."""
    base = os.path.basename(script)
    return None if " " in script else names.valid(base.rpartition(".")[0] or base)


def _is_usual(key: str, entry: Entry) -> bool:
    return isinstance(entry.value, Scalar) and entry.value.text.lower() == lacks.USUAL.get(key)
