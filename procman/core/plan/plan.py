"""The plan: every process with its command, port and environment, decided before anything runs."""

from __future__ import annotations

from procman.core.plan import ports
from procman.core.plan.policies import FOREMAN
from procman.core.plan.procfile import RELEASE
from procman.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from procman.core.plan.policies import Policies
    from procman.core.plan.procfile import ProcessType
    from procman.core.tasks.run import Run


class ProcessPlan(NamedTuple):
    """One process to run, `web.1`. `position` is its type's place in the Procfile, from 0."""

    name: str
    type: str
    position: int
    command: str
    port: int | None
    environment: dict[str, str]
    """What this process has beyond the app's environment."""
    arguments: tuple[str, ...] = ()
    """Of a run: the positional parameters of its shell."""
    policies: Policies = FOREMAN


class Environment(NamedTuple):
    """The app's environment, and which file set each key that a file set."""

    values: dict[str, str]
    sources: dict[str, str]
    doubts: tuple[str, ...] = ()
    """What is probably not meant as it is written in those files."""


class Plan(NamedTuple):
    """All that `start` executes and `check` prints. `release` runs before `processes`, when asked for."""

    processes: tuple[ProcessPlan, ...]
    release: ProcessPlan | None
    environment: Environment

    def name_width(self, runs: Iterable[str] = ()) -> int:
        """Columns for names in the log: the longest that can appear, `system` included (Foreman)."""
        names = [process.name for process in self.processes + ((self.release,) if self.release else ())]
        return max(map(len, ["system", *names, *runs]))


class Policy(NamedTuple):
    """How the formation as a whole behaves: `timeout` in seconds, `exit_code_from` a process type or name."""

    timeout: float
    stop_signal: int
    exit_code_from: str | None = None


OF_CHILD = (
    *("port", "cwd", "env", "stdin_null", "pty", "nice", "umask", "nofile", "account"),
    *("timeout", "stop_signal", "signal_group"),
)
"""Policies that make sense for a child that is started once, and not watched."""
OWN = ("PORT", "PS", "PROCMAN_PROCESS", "PROCMAN_ROOT", "PROCMAN_STATE", "PROCMAN_STORE", "PROCMAN_APP")
"""What tells each process who and where it is, whatever files say; and the ports of all types."""
OF_RUN = ("PROCMAN_TASK", "PROCMAN_RUN_ID", "PROCMAN_ATTEMPT", "PROCMAN_SCHEDULED_AT")
"""What a run has in its environment, and no process of a Procfile."""


def merge(
    outer: Mapping[str, str], files: Sequence[tuple[str, Mapping[str, str]]], outer_wins: bool
) -> Environment:
    """Environment files over the real environment (as Foreman), later files over earlier ones.

    With `outer_wins` a file sets only what the real environment does not have. What tells a run of an outer
    procman who it is, is no word to the processes of ours.
    """
    outer = {key: value for key, value in outer.items() if key not in OF_RUN}
    values = dict(outer)
    sources: dict[str, str] = {}
    for source, variables in files:
        for key, value in variables.items():
            if not (outer_wins and key in outer):
                values[key] = value
                sources[key] = source
    return Environment(values, sources)


def base_port(option: str | None, environment: Environment) -> int:
    """`-p`, else PORT in a file or in the real environment, else 5000. Raises `UserError`."""
    if option is not None:
        return ports.parse_base(option, "port")
    found = environment.values.get("PORT")
    if not found:
        return ports.DEFAULT_BASE
    file = environment.sources.get("PORT")
    return ports.parse_base(found, f"PORT in {file or 'the environment'}", secret=file is not None)


def build(
    types: Sequence[ProcessType],
    formation: Mapping[str, int],
    base: int,
    environment: Environment,
    release: bool,
) -> Plan:
    """The plan of a formation. With `release` the Procfile's release command comes first, if it has one."""
    shared = dict(environment.values)
    shared.pop("PORT", None)  # each process has its own, and those beyond the last port none
    shared.update(first_ports(types, base))
    processes = tuple(
        _process(type_, index, instance, base)
        for index, type_ in enumerate(types)
        for instance in range(1, formation.get(type_.name, 0) + 1)
    )
    firsts = (once(t, i, base, f"{RELEASE}.1") for i, t in enumerate(types) if t.name == RELEASE and release)
    return Plan(processes, next(firsts, None), Environment(shared, environment.sources))


def first_ports(types: Sequence[ProcessType], base: int) -> dict[str, str]:
    """`PROCMAN_PORT_<TYPE>` of every type, so that one process finds another."""
    known = ((type_.name, ports.of(type_.policies, base, index, 1)) for index, type_ in enumerate(types))
    return {ports.variable(name): str(port) for name, port in known if port is not None}


def is_own(variable: str) -> bool:
    """Whether procman itself sets a variable of each process."""
    return variable in OWN or variable.startswith(ports.VARIABLE)


def identity(name: str, port: int | None) -> dict[str, str]:
    """What tells a process who it is."""
    own = {"PS": name, "PROCMAN_PROCESS": name}
    return own if port is None else {"PORT": str(port), **own}


def of_run(run: Run) -> dict[str, str]:
    """What tells a run who it is. The time is that of its tick, or when it was to start."""
    from procman.core.schedule.instants import rfc3339  # 5 ms that an app without tasks need not wait for

    times = (run.tick, run.due, run.created_at)
    return {
        **identity(run.name, None),
        "PROCMAN_TASK": run.task,
        "PROCMAN_RUN_ID": str(run.id),
        "PROCMAN_ATTEMPT": str(run.attempt),
        "PROCMAN_SCHEDULED_AT": rfc3339(next(at for at in times if at is not None)),
    }


def once(type_: ProcessType, index: int, base: int, name: str) -> ProcessPlan:
    """A process that runs once under this name, whatever is said of restarts, readiness and the like."""
    process = _process(type_, index, 1, base)
    policies = FOREMAN._replace(**{key: getattr(type_.policies, key) for key in OF_CHILD})
    environment = {**process.environment, **identity(name, process.port)}
    return process._replace(name=name, environment=environment, policies=policies)


def _process(type_: ProcessType, index: int, instance: int, base: int) -> ProcessPlan:
    name = f"{type_.name}.{instance}"
    policies = type_.policies
    port = ports.of(policies, base, index, instance)
    environment = {**policies.env, **identity(name, port)}
    return ProcessPlan(name, type_.name, index, type_.command, port, environment, policies=policies)
