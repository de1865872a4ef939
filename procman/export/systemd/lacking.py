"""What procman.yml says that units of systemd cannot, and what happens there instead."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from procman.core.plan import questions
from procman.core.plan.policies import Condition, Restart
from procman.core.tasks.task import Missed
from procman.export import lacks
from procman.export.cron import nativetasks
from procman.export.plan import Note
from procman.export.systemd.quoting import VARIABLE
from procman.export.systemd.service import told

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from procman.core.plan.policies import Policies
    from procman.export.plan import ExportPlan, TypePlan

READY = "systemd asks nobody: it counts as ready when it runs, also for those that depend on it"
ALIVE = "systemd asks nobody; it knows the watchdog of sd_notify(3), which is 'alive: {notify: true}'"
NO_RESTART = "is about restarts, and there are none"
NO_LIMIT = "systemd would count good ends too, so it never gives up"
TYPE = {
    "watch": "systemd looks at no files; 'systemctl restart' takes what is new",
    "give_up": "the others go on, and 'systemctl --failed' names it",
    "max_memory": "MemoryMax= is a wall: who needs more is killed at once. It counts cached files too",
}
"""MemoryMax= is more than nothing, and not the same."""
OF_READY, OF_ALIVE = lacks.of_probe("ready", READY), lacks.of_probe("alive", ALIVE)
GROWING = {"backoff: max": "each wait is the first one; RestartMaxDelaySec= is known since systemd 254 only"}
UNLIMITED = {f"backoff: {key}": NO_LIMIT for key in ("give_up_after", "reset_after")}
NO_BACKOFF = {f"backoff: {key}": NO_RESTART for key in ("initial", "max", "reset_after", "give_up_after")}
OTHER_USER = dict.fromkeys(("user", "group"), "units of a user run as this one")
TRIED_AGAIN = "it does not start when the first run fails, even if another one does not"
DEPENDS_ON = "After= is about the order: it starts too when what it needs has failed, or starts again"
TASK = {
    **dict.fromkeys(("keep", "keep_for", "keep_keys"), "its history is in the journal"),
    **nativetasks.HOSTS,
    "grace": "systemd makes up for a missed tick, however late",
}
UNTOLD = "is not set where a timer runs a task, nor is PROCMAN_SCHEDULED_AT; --scheduler does"
HOWEVER_LATE = "is so however late, where a timer runs a task; --scheduler goes by 'grace'"
READS_OTHERWISE = "Systemd goes by rules of its own there for backslashes, 'export', ${X} and ' #'"


def of_type(plan: ExportPlan, type_: TypePlan) -> Iterator[Note]:
    """The notes on a process type."""
    policies = type_.policies
    table = {**TYPE, **_backoff(policies), **(OTHER_USER if plan.for_user else {})}
    table |= {} if told(policies.ready) else OF_READY
    table |= {} if told(policies.alive) else OF_ALIVE
    table |= {"pty": "it has no terminal"} if policies.pty == "always" else {}
    yield from lacks.of_type(type_.name, policies, table)
    yield from _depends_on(plan, type_)
    yield from _never(type_)
    yield from _user(plan, policies, type_.name)
    yield from _listen(type_)
    yield from of_variables(type_.name, policies.env)


def of_tasks(plan: ExportPlan, timed: Collection[str]) -> Iterator[Note]:
    """The notes on those that have a timer."""
    yield from nativetasks.untold(timed, UNTOLD)
    yield from nativetasks.not_made_up_for(plan, timed, HOWEVER_LATE)
    for task in plan.tasks:
        if task.name in timed:
            unsaid = () if task.missed is Missed.ONCE else ("grace",)
            yield from lacks.of_task(task, {key: text for key, text in TASK.items() if key not in unsaid})


def of_plan(plan: ExportPlan) -> Iterator[Note]:
    """The notes on all together."""
    yield from of_variables("", plan.environment)
    if not plan.embed_environment and plan.env_files:
        yield Note("", "--no-env", READS_OTHERWISE)
    if plan.run:
        yield Note("", "--run", "systemd knows its processes without files")


def of_variables(about: str, names: Iterable[str]) -> Iterator[Note]:
    """Variables that systemd drops, and so does /bin/sh."""
    for name in names:
        if not VARIABLE.fullmatch(name):
            yield Note(about, f"env: {name}", "is left out: systemd takes letters, digits and '_' in names")


def is_address(where: str) -> bool:
    """Whether systemd can listen there: it looks up no names."""
    try:
        ipaddress.ip_address(questions.address(where)[0])
    except ValueError:
        return False
    return True


def _backoff(policies: Policies) -> Mapping[str, str]:
    if policies.restart is Restart.NEVER or (policies.oneshot and policies.restart is None):
        return NO_BACKOFF
    return GROWING if policies.restart is Restart.ON_FAILURE else {**GROWING, **UNLIMITED}


def completed(plan: ExportPlan, type_: TypePlan) -> list[str]:
    """The types that are to be done before this one starts: systemd waits for the end of a one-shot."""
    needs = type_.policies.depends_on
    oneshots = {each.name for each in plan.types if each.policies.oneshot}
    return [
        name for name, condition in needs.items() if condition is Condition.COMPLETED and name in oneshots
    ]


def _depends_on(plan: ExportPlan, type_: TypePlan) -> Iterator[Note]:
    """What is not there is not waited for, by procman neither."""
    there = {each.name: each.policies for each in plan.types if each.processes}
    for name in type_.policies.depends_on:
        if name in there and (text := _waits(there[name], name in completed(plan, type_))):
            yield Note(type_.name, f"depends_on: {name}", text)


def _waits(policies: Policies, completed: bool) -> str:
    """What is different about waiting for one."""
    if not policies.autostart:
        return "it is not started by itself, and not waited for"
    if not completed:
        return DEPENDS_ON
    return TRIED_AGAIN if policies.restart is Restart.ON_FAILURE else ""


def _never(type_: TypePlan) -> Iterator[Note]:
    """What restarts a process of procman in any case."""
    policies = type_.policies
    if policies.restart is Restart.NEVER and not policies.oneshot:
        for key in ("max_memory", "max_runtime"):
            if getattr(policies, key):
                yield Note(type_.name, f"restart: never with {key}", "who is stopped for it stays down")


def _user(plan: ExportPlan, policies: Policies, name: str) -> Iterator[Note]:
    """Of a user without a name only the number is known."""
    account = policies.account
    if account and account.name.isdecimal() and not plan.for_user:
        yield Note(name, f"user: {account.name}", "systemd starts nobody who is not in /etc/passwd")


def _listen(type_: TypePlan) -> Iterator[Note]:
    names = [where for where in type_.policies.listen if not is_address(where)]
    if names:
        yield Note(type_.name, f"listen: {names[0]}", "systemd looks up no names: write the address")
    elif len(type_.policies.listen) > 1:
        yield Note(type_.name, "listen", "LISTEN_FDNAMES has the name of the unit for each")
