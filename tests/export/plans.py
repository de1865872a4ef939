"""Plans to export, made of a Procfile and a procman.yml in memory; and what comes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from procman.core.config import taskfile
from procman.core.plan import instances, procfile
from procman.core.plan import plan as plans
from procman.core.plan.policies import FOREMAN, Account
from procman.export import formats, marks, templates
from procman.export.plan import Export, ExportPlan, File, TypePlan

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = "/srv/shop"
ZONE = ZoneInfo("Europe/Berlin")
SHOP = """\
web: bundle exec puma -p $PORT
worker: bundle exec sidekiq -q default -q "low prio"
release: bundle exec rake db:migrate
"""
TASKS_YML = """\
tasks:
  remind: {command: bundle exec rake remind, schedule: hourly at :15}
  digest: {command: "echo 'two words' $HOME", schedule: mondays at 08:00}
"""


def plan(lines: str = SHOP, yml: str = "", env: Mapping[str, str] | None = None, **fields: Any) -> ExportPlan:
    """The plan of an app in /srv/shop, of its Procfile, procman.yml and .env; and other fields of it."""
    types = procfile.parse(lines.encode(), "Procfile") if lines else ()
    said = taskfile.parse(yml.encode(), "procman.yml", ZONE)
    policies = {name: _policies(settings) for name, settings in said.processes.items()}
    types = tuple(type_._replace(policies=policies.get(type_.name, FOREMAN)) for type_ in types)
    usual = {type_.name: type_.policies.instances or 1 for type_ in types}
    names = [type_.name for type_ in types]
    wanted = instances.resolve(names, None, [], usual=usual) if names else {}
    variables = dict(env or {})
    known = plans.Environment(variables, dict.fromkeys(variables, ".env"))
    planned = plans.build(types, wanted, 5000, known, release="release" in names)
    made = ExportPlan(
        app="shop",
        root=ROOT,
        types=tuple(
            TypePlan(each.name, each.command, each.policies, _of(each.name, planned))
            for each in types
            if each.name != "release"
        ),
        release=planned.release,
        tasks=tuple(said.tasks.values()),
        environment=planned.environment.values,
        place={"PROCMAN_ROOT": ROOT, "PROCMAN_STATE": f"{ROOT}/.procman"},
        env_files=(f"{ROOT}/.env",) if env else (),
        zone=str(said.timezone or ZONE),
        zone_is_said=taskfile.parse(yml.encode(), "procman.yml", None).timezone is not None,
        user="shop",
        procman=("/usr/bin/procman",),
    )
    return made._replace(**fields)


def _of(name: str, planned: plans.Plan) -> tuple[plans.ProcessPlan, ...]:
    return tuple(process for process in planned.processes if process.type == name)


def _policies(settings: Any) -> Any:
    """As the app on disk would have them: folders, files and users are there."""
    cwd = f"{ROOT}/{settings.cwd}" if settings.cwd else None
    files = {f"FROM_{file.text.strip('.').replace('.', '_').upper()}": "1" for file in settings.env_files}
    account = None
    if settings.user or settings.group:
        name = settings.user or "shop"
        account = Account(1234 if settings.user else 1000, 4321 if settings.group else 1234, (), name, "/")
    env = {**files, **settings.policies.env}
    return settings.policies._replace(cwd=cwd, env=env, account=account)


class Exported(NamedTuple):
    """What an export gives, with marks and notes, as it would be written."""

    export: Export
    files: dict[str, File]

    def text(self, path: str) -> str:
        """The text of a file."""
        return self.files[path].text

    @property
    def notes(self) -> list[str]:
        """As people read them."""
        return [marks.sentence(note) for note in self.export.notes]


def export(format_: str, what: ExportPlan) -> Exported:
    """The files of a plan in a format, by path."""
    module = formats.exporter(format_)
    found = module.export(what, templates.renderer(format_, module.FILTERS, []))
    return Exported(found, {file.path: file for file in marks.marked(found, format_, what.app)})
