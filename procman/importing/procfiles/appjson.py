"""app.json of Heroku or Dokku: all but the commands of processes, which are in a Procfile.

Heroku Dev Center, app.json Schema; Dokku's documentation, File Formats, app.json.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.core.config.yamltree import Mapping, Scalar
from procman.core.plan import plan
from procman.errors import Problem, UserError
from procman.importing.found import OTHER_VALUE
from procman.importing.procfiles import apphealth
from procman.importing.reading import jsonlines, surroundings
from procman.importing.reading.parts import Part, is_null
from procman.importing.reading.surroundings import Surroundings

if TYPE_CHECKING:
    from procman.importing.found import Found, Keys

SILENT = (
    *"name description keywords website repository logo success_url".split(),
    "$schema",
)
"""What is about the app and not about how it runs."""
DEPLOYED = "procman deploys nothing: it runs what is installed"
LACKS = {
    "addons": "procman provides no services: a database is a line in the Procfile, or runs elsewhere",
    "buildpacks": DEPLOYED,
    "stack": DEPLOYED,
    "image": DEPLOYED,
    "environments": "procman has none: write their variables to files, and name these with -e",
}
FORMATION = {
    "size": "procman does not limit the machine: 'max_memory' limits a process",
    "max_parallel": "'procman restart --rolling' restarts one after the other",
    "autoscaling": "procman starts as many as you say: 'procman start web=3' while it runs",
    "service": "procman opens no network: 'port' says where it listens",
}
SCRIPTS = {
    "postdeploy": "run it once, 'procman run -- COMMAND', or make it 'release:' of the Procfile",
    "pr-predestroy": "procman knows no pull requests",
    "test": "procman runs no tests: 'procman run -- COMMAND' does, with the app's variables",
    "test-setup": "procman runs no tests: 'procman run -- COMMAND' does, with the app's variables",
    "predeploy": "make it 'release:' of the Procfile: 'procman start --release' runs it first",
}
OVERLAP = {"allow": "allow", "forbid": "skip", "replace": "replace"}
UTC = "Dokku goes by the clock of its machine, mostly UTC, procman by that of its own: write 'timezone: UTC'"
TYPE = "is the command a type of the Procfile, write what that runs instead"
OTHERS = "a type that is not named here is not started there, but for 'web'. procman starts one of each"


def read(data: bytes, source: str, found: Found) -> None:
    """Add what the file says to what is found. Raises `UserError`."""
    root = jsonlines.parse(data, source)
    if not isinstance(root, Mapping):
        raise UserError([Problem(source, root.line, "this is no app.json: an object belongs here, { ... }")])
    part = Part(found, "", root, root.line)
    _formation(found, part)
    _healthchecks(found, part)
    _cron(found, part)
    _environment(found, part)
    _scripts(part)
    part.finish(LACKS, SILENT)


def _formation(found: Found, part: Part) -> None:
    below = part.part("formation")
    if below.entries:
        below.lose(below.line, OTHERS)
    for name in [*below.entries]:
        each = below.part(name)
        line, quantity = each.line_of("quantity"), each.text("quantity").strip()
        keys: Keys = {}
        if quantity == "0":
            keys["autostart"] = False
        elif quantity.isascii() and quantity.isdecimal():
            keys["instances"] = int(quantity[:9])
        elif quantity:
            each.lose(line, f"quantity: '{quantity}' is no whole number")
        each.finish(FORMATION)
        for key, value in keys.items() if keys != {"instances": 1} else ():
            found.setting(name, key, value, each.line)


def _healthchecks(found: Found, part: Part) -> None:
    below = part.part("healthchecks")
    for name, entry in [*below.entries.items()]:
        for key, value in apphealth.keys(below.parts(name)).items():
            found.setting(name, key, value, entry.line)


def _cron(found: Found, part: Part) -> None:
    told = False
    for each in part.parts("cron"):
        command, schedule = each.text("command").strip(), each.text("schedule").strip()
        line, policy = each.line_of("concurrency_policy"), each.text("concurrency_policy").strip().lower()
        keys: Keys = {"schedule": schedule, "missed": "skip", "overlap": OVERLAP.get(policy, "allow")}
        if policy and policy not in OVERLAP:
            each.lose(line, f"concurrency_policy: '{policy}' is not allow, forbid or replace: taken as allow")
        if each.flag("maintenance"):
            keys["enabled"] = False
        each.finish()
        if not command or not schedule:
            each.lose(each.line, "a task needs 'command' and 'schedule': it is left out")
            continue
        if not told:
            each.lose(each.line, UTC)
            told = True
        if " " not in command:
            each.lose(each.line, TYPE)
        found.task(None, command, keys, each.line)


def _environment(found: Found, part: Part) -> None:
    below = part.part("env")
    for name, entry in below.entries.items():
        value = _value(below, name, entry.line, entry.value)
        if value is None:
            continue
        around = Surroundings("env", entry.line, (), {name: (value,)})
        for own in surroundings.shared(found, around):
            if own == surroundings.PORT:
                found.variable(own, value, entry.line)  # the first port of the app, as in Foreman
            elif plan.is_own(name):
                below.lose(entry.line, f"{name}: procman itself sets this variable")
            else:
                below.lose(entry.line, f"{name}: {OTHER_VALUE}")


def _value(below: Part, name: str, line: int, node: object) -> str | None:
    """The value of a variable, if there is one."""
    if isinstance(node, Scalar):
        return None if is_null(node) else node.text
    if not isinstance(node, Mapping):
        below.lose(line, f"{name}: a text or an object belongs here: nothing is made of it")
        return None
    each = Part(below.found, f"env: {name}", node, line)
    value = each.scalar("value")
    generator, needed = each.text("generator"), each.text("required").lower() != "false"
    each.finish({}, ("description", "default"))
    if value:
        return value.text
    if generator == "secret":
        each.lose(line, "a secret is made on Heroku: write one to .env, as 'openssl rand -hex 32' makes it")
    elif needed:
        each.lose(line, "it has no value here, and the app needs one: write it to .env")
    else:
        each.lose(line, "it has no value here: the app may do without, or write it to .env")
    return None


def _scripts(part: Part) -> None:
    below = part.part("scripts")
    dokku = below.part("dokku")
    dokku.finish({**SCRIPTS, "postdeploy": "procman deploys nothing: run it then, 'procman run -- COMMAND'"})
    below.finish(SCRIPTS)
