"""What a service of systemd runs, and what is around it: command, folder, variables, user."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from procman.importing.reading import seconds as spans
from procman.importing.reading import surroundings, words
from procman.importing.reading.surroundings import Surroundings
from procman.importing.systemd import commands as systemdcommands
from procman.importing.systemd import policies, quoting, reading
from procman.importing.systemd.reader import SERVICE, UNIT, Reader

if TYPE_CHECKING:
    from procman.importing.found import Found, Keys
    from procman.importing.reading.words import Word
    from procman.importing.systemd.commands import Command
    from procman.importing.systemd.reading import Setting

FILE_WINS = "of a variable that is in both, systemd takes that of the file, procman that of 'env'"
NO_FILE = "the file is not there: it is left out"
OF_TASKS = "a task has no files of its own with variables: .env is for all"
OTHER_USER = (
    "tasks run as who runs procman: start a procman as that user, or write 'runuser -u {} --' in front of the"
    " command if procman runs as root"
)
OF_PROCESSES = ("restart", "ready", "alive", "stop_signal", "max_memory", "nice", "umask", "nofile")
NO_USER = "procman cannot run it as that user here: it runs as who runs procman"


class Service(NamedTuple):
    """A service in procman's terms. `line` is that of its command."""

    command: str
    around: Surroundings
    keys: Keys
    line: int


def read(reader: Reader) -> Service | None:
    """What a service says; None when there is nothing that it runs. User and files of variables are left."""
    commands, line = _commands(reader)
    if not line:
        return None
    keys = policies.keys(reader)
    around = Surroundings(reader.unit.name, line, _folder(reader), _variables(reader))
    return Service(systemdcommands.line(commands), around, keys, line)


def as_process(reader: Reader, service: Service, found: Found) -> tuple[str, Keys]:
    """Its command and the keys of a process type."""
    around, front = surroundings.keys(found, service.around)
    files = [path for each in reader.unit.all(SERVICE, "EnvironmentFile") if (path := _file(reader, each))]
    if files:
        around["env_file"] = files
    if files and "env" in around:
        found.lose(service.line, f"EnvironmentFile: {FILE_WINS}")
    return front + service.command, {**service.keys, **around, **_account(reader)}


def as_task(reader: Reader, service: Service, timer: Keys) -> tuple[str, Keys]:
    """Its command, with all that is around it; and the keys of a task. `timer` says when it runs."""
    found, unit = reader.found, reader.unit
    for each in unit.all(SERVICE, "EnvironmentFile"):
        reader.lose(each, OF_TASKS)
    user = unit.last(SERVICE, "User")
    if user and user.value != found.place.me:
        reader.lose(user, OTHER_USER.format(user.value))
    about = unit.last(UNIT, "Description")
    longest = reader.seconds("TimeoutStartSec", reading.INFINITY)
    keys: Keys = {"desc": about.value} if about else {}
    keys |= timer
    if longest != reading.INFINITY and reader.kind == "oneshot":
        keys["timeout"] = spans.text(longest)
    elif "max_runtime" in service.keys:
        keys["timeout"] = service.keys["max_runtime"]
    _lose_policies(reader, service)
    return surroundings.front(found, service.around) + service.command, keys


def _lose_policies(reader: Reader, service: Service) -> None:
    """What was said of the service, and a task has no key for."""
    told = [name for name in OF_PROCESSES if name in service.keys and service.keys[name] != "never"]
    if told:
        listed = ", ".join(f"'{name}'" for name in told)
        reader.found.lose(service.line, f"a task has no {listed}: it is left out")


def _commands(reader: Reader) -> tuple[list[Command], int]:
    """All that is run at the start, and where the command itself stands."""
    commands: list[Command] = []
    line = 0
    for key in ("ExecStartPre", "ExecStart"):
        for setting in reader.unit.all(SERVICE, key):
            try:
                read_now = systemdcommands.read(setting, reader.unit)
            except ValueError as error:
                reader.lose(setting, f"{error}: it is left out")
                continue
            commands += read_now
            for note in dict.fromkeys(note for each in read_now for note in each.notes):
                reader.lose(setting, note)
            line = setting.line if key == "ExecStart" else line
    return commands, line


def _folder(reader: Reader) -> Word:
    """Where it runs: in the root folder of the machine, if nothing is said (systemd.exec(5))."""
    said = reader.unit.last(SERVICE, "WorkingDirectory")
    if said is None:
        return ("/",)
    path = said.value.removeprefix("-")
    try:
        return (words.variable("HOME"),) if path == "~" else quoting.known(path, reader.unit)
    except ValueError as error:
        reader.lose(said, f"{error}: it runs in the app's folder")
        return ()


def _variables(reader: Reader) -> dict[str, Word]:
    variables: dict[str, Word] = {}
    for said in reader.unit.all(SERVICE, "Environment"):
        try:
            for pair in quoting.split(said.value):
                name, equals, value = pair.partition("=")
                if not equals or not words.NAME.fullmatch(name):
                    raise ValueError("a part of it is not NAME=value: has a value blanks, put it in quotes")
                variables[name] = quoting.known(value, reader.unit)
        except ValueError as error:
            reader.lose(said, f"{error}: it is left out")
    return variables


def _file(reader: Reader, said: Setting) -> str:
    """A file with variables that is there; nothing, if it is not."""
    try:
        path = words.literal(quoting.known(said.value.removeprefix("-"), reader.unit))
    except ValueError as error:
        reader.lose(said, f"{error}: it is left out")
        return ""
    if not path or not reader.found.place.is_file(path):
        reader.lose(said, NO_FILE)
        return ""
    return path


def _account(reader: Reader) -> Keys:
    """Whom it runs as, if that can be."""
    keys: Keys = {}
    place = reader.found.place
    user, group = (reader.unit.last(SERVICE, key) for key in ("User", "Group"))
    if user and user.value != place.me:
        if place.is_user(user.value):
            keys["user"] = user.value
        else:
            reader.lose(user, NO_USER)
    if group and (keys or (not user and place.is_user("root"))):
        keys["group"] = group.value
    elif group and (not user or group.value != user.value):
        reader.lose(group, NO_USER.replace("user", "group"))
    return keys
