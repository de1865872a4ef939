"""Jobs and CronJobs of Kubernetes: what runs once, and tasks. API reference, CronJobSpec and JobSpec."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from procman.core.plan.policies import Backoff
from procman.importing.compose.commands import Environment
from procman.importing.compose.interpolation import quoted
from procman.importing.kubernetes import containers, pods, values
from procman.importing.reading import ours, parts, seconds

if TYPE_CHECKING:
    from procman.importing.found import Found, Keys
    from procman.importing.kubernetes.containers import Manifests
    from procman.importing.reading.parts import Part

OVERLAP = {"Allow": "allow", "Forbid": "skip", "Replace": "replace"}
BACKOFF_LIMIT, MOST_FAILURES, USUAL = 6, 1_000_000, Backoff().give_up_after
"""How often a Job tries again when nobody says so."""
UTC = "UTC"
NO_ZONE = "schedule: without a timeZone it is that of the cluster, which is mostly UTC: so it is written here"
OF_CRON_JOB = {
    "successfulJobsHistoryLimit": "see 'keep' and 'keep_for'",
    "failedJobsHistoryLimit": "see 'keep' and 'keep_for'",
}
OF_JOB = {
    "completions": "a task runs once at each tick",
    "parallelism": "a task runs once at each tick",
    "completionMode": "a task runs once at each tick",
    "podFailurePolicy": "each failure counts",
    "successPolicy": "code 0 is success",
    "backoffLimitPerIndex": "see 'retries'",
    "maxFailedIndexes": "see 'retries'",
    "podReplacementPolicy": "the next attempt begins when the last one has ended",
}
SILENT = ("selector", "manualSelector", "ttlSecondsAfterFinished", "template", "managedBy", "suspend")
SHORTEST, NEVER = "10", "0 0 1 1 * Etc/UTC"
"""What an export says where nothing is made up for, and of a task without a schedule."""
STEPPED = re.compile(r"\*/\d+")


def job(name: str, part: Part, manifests: Manifests, found: Found) -> None:
    """A Job runs once, when it is made: a process that is to end; that of an export before all others."""
    spec = part.part("spec")
    pod = spec.part("template").part("spec")
    pod.where = part.where
    keys = {"oneshot": True, **_attempts(spec, manifests), **_count(spec)}
    if spec.text("activeDeadlineSeconds"):
        spec.lose(part.line, f"activeDeadlineSeconds: {pods.OF_POD['activeDeadlineSeconds']}")
    if spec.flag("suspend"):
        keys["autostart"] = False
    spec.finish(OF_JOB, SILENT)
    pods.containers(name, pod, keys, manifests, found)
    if manifests.ours and name == ours.RELEASE:
        said = found.processes.popitem()[1]
        ours.release(found, said["command"], said)


def _attempts(spec: Part, manifests: Manifests) -> Keys:
    """`backoffLimit` counts what follows the first failure, ours counts failures."""
    limit = parts.number(spec.text("backoffLimit") or str(BACKOFF_LIMIT))
    if limit == 0:
        return {}
    count = limit + 1 if isinstance(limit, int) else MOST_FAILURES
    failures: int | str = count if count < MOST_FAILURES else "never"
    backoff = {} if failures == USUAL else {"give_up_after": failures}
    backoff |= {} if manifests.ours else {"initial": "10s", "max": "6m"}
    return {"restart": "on-failure", **({"backoff": backoff} if backoff else {})}


def _count(spec: Part) -> Keys:
    """All pods at once are instances; one after the other procman has not."""
    completions, parallelism = (spec.text(key) or "1" for key in ("completions", "parallelism"))
    if completions != parallelism:
        spec.lose(spec.line, f"completions: {completions}, parallelism: {parallelism}: it runs once")
    elif completions != "1":
        return {"instances": parts.number(completions)}
    return {}


def cron_job(name: str, part: Part, manifests: Manifests, found: Found, description: str) -> None:
    """A CronJob is a task."""
    spec = part.part("spec")
    keys = {**({"desc": description} if description else {}), **_times(spec, part, manifests)}
    inner = spec.part("jobTemplate").part("spec")
    limit, deadline = inner.text("backoffLimit"), inner.text("activeDeadlineSeconds")
    again = parts.number(limit) if limit else BACKOFF_LIMIT
    pod = inner.part("template").part("spec")
    pod.where = part.where
    deadline = deadline or pod.text("activeDeadlineSeconds")
    keys |= {"retries": again} if again != 0 else {}
    keys |= {"timeout": _duration(deadline)} if deadline else {}
    spec.finish(OF_CRON_JOB)
    inner.finish(OF_JOB, SILENT)
    listed = pod.parts("containers")
    for each in listed[1:]:
        each.lose(each.line, "a task has one command: make it a task of its own")
    for each in listed[:1]:
        each.where = part.where
        if line := _line(each, manifests, found):
            found.task(name, line, keys, part.line)
    pod.text("terminationGracePeriodSeconds")
    pod.finish({**pods.OF_POD, "securityContext": "a task runs as procman does"}, pods.POD_SILENT)


def _line(container: Part, manifests: Manifests, found: Found) -> str:
    """A task has no `env` of its own: what is not in .env goes before its command."""
    line, _, variables = containers.spoken(container, manifests)
    container.take("image")
    values.share(found, variables)
    own = {name: value for name, value in variables.env.items() if found.env.get(name) != value}
    if folder := containers.folder(container).get("cwd"):
        line = f"cd {quoted((folder,))} && {line}"
    asked = {**{name: (value,) for name, value in own.items()}, **variables.asked}
    container.finish(
        {**containers.LACKS, **dict.fromkeys(("livenessProbe", "readinessProbe", "startupProbe"), PROBES)},
        (*containers.SILENT, "name", "ports", "securityContext", "tty", "stdin"),
    )
    return Environment({}, asked, (), {}, {}).before(line)


PROBES = "nobody asks a task whether it is well: see 'timeout'"


def _times(spec: Part, part: Part, manifests: Manifests) -> Keys:
    schedule, zone = spec.scalar("schedule"), spec.text("timeZone")
    keys: Keys = {}
    if schedule:
        keys["schedule"] = _schedule(schedule.text, zone)
        if not zone and not schedule.text.startswith("@every"):
            part.lose(schedule.line, NO_ZONE)
        if _means_other_days(schedule.text.split()):
            text = "either day is enough there, both must match here: write the days one by one"
            part.lose(schedule.line, f"schedule: {schedule.text}: {text}")
    keys["overlap"] = OVERLAP.get(spec.text("concurrencyPolicy") or "Allow", "allow")
    if grace := spec.text("startingDeadlineSeconds"):
        keys |= {"missed": "skip"} if manifests.ours and grace == SHORTEST else {"grace": _duration(grace)}
    if not spec.flag("suspend"):
        return keys
    if manifests.ours and keys.get("schedule") == NEVER:
        return {}
    return keys | {"enabled": False}


def _duration(text: str) -> str:
    return seconds.text(float(text)) if text.isdecimal() and len(text) < 10 else f"{text}s"


def _means_other_days(fields: list[str]) -> bool:
    """robfig/cron takes `*/2` for a restriction of days, Debian's cron for a wildcard."""
    days = (fields[2], fields[4]) if len(fields) == 5 else ()
    return any(map(STEPPED.fullmatch, days)) and not any(day in ("*", "?") for day in days)


def _schedule(text: str, zone: str) -> str:
    """`?` is any day as well (robfig/cron)."""
    words = ["*" if word == "?" else word for word in text.split()]
    return " ".join(words) if words[:1] == ["@every"] else " ".join([*words, zone or UTC])
