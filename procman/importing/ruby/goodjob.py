"""Cron jobs of good_job: in YAML, or as the plain hash that Ruby's initializers have (its README).

Ruby is read as far as it is written down as values: strings, symbols, numbers, arrays and hashes. Code in
the place of a value is told. A file in which the hash is built by code must be written as YAML first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from procman.core.config.yamltree import Mapping, Scalar
from procman.errors import Problem, UserError
from procman.importing.ruby import erbyaml, initializer
from procman.importing.ruby import jobs as rubyjobs
from procman.importing.ruby.jobs import OFF, Call, Jobs, LeftOutError, Said

if TYPE_CHECKING:
    from procman.importing.found import Found

ENABLED = "it is computed: say it in procman.yml, 'enabled: false'"


def read(data: bytes, source: str, found: Found) -> None:
    """Add its jobs as tasks. Raises `UserError` when there is no such hash."""
    tree = (
        initializer.read(data, source)
        if initializer.is_ruby(data, source)
        else erbyaml.read(data, source, found)
    )
    if not isinstance(tree, Mapping):
        raise UserError([Problem(source, tree.line, "it has no jobs: keys and values are expected")])
    jobs = Jobs(found)
    for each in _hashes(rubyjobs.of_environment(tree, found)):
        jobs.each(
            [(name.removeprefix(":"), job) for name, job in each.entries.items()],
            lambda said: _job(said, jobs),
        )
    jobs.tell()


def _hashes(tree: Mapping) -> list[Mapping]:
    """What stands below `cron`, or below `good_job` and `cron`; else the file is the jobs alone."""
    for key in ("good_job", ":good_job", "cron", ":cron"):
        entry = tree.entries.get(key)
        if entry and isinstance(entry.value, Mapping):
            return _hashes(entry.value) if "good_job" in key else [entry.value]
    return [tree]


def _job(said: Said, jobs: Jobs) -> None:
    schedule = jobs.cronish(said, "cron")
    class_ = said.class_("class")
    args, keywords = said.value("args"), said.value("kwargs") or {}
    options: Any = said.maybe(said.value, "set") or {}
    if not isinstance(keywords, dict) or not isinstance(options, dict):
        raise LeftOutError(said.line, "kwargs and set are hashes")
    given = args if isinstance(args, list) else [] if args is None else [args]
    call = Call(class_, "perform_later", given, keywords, options)
    jobs.add(said, call.command, schedule, {} if _is_enabled(said) else OFF)
    said.rest({})


def _is_enabled(said: Said) -> bool:
    entry = said.take("enabled_by_default")
    if entry is None or (isinstance(entry.value, Scalar) and entry.value.text in ("true", "false")):
        return entry is None or not (isinstance(entry.value, Scalar) and entry.value.text == "false")
    said.lose(f"enabled_by_default: {ENABLED}", entry.line)
    return True
