"""What procman.yml says about the processes of a type: when they start, restart and are well, what they may
use. Without a word in it everything is as with Foreman: `Policies()`.
"""

from __future__ import annotations

from procman.typed import TYPE_CHECKING, Enum, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

READY_WITHIN, READY_EVERY, READY_TIMEOUT = 30.0, 0.2, 2.0
ALIVE_EVERY, ALIVE_TIMEOUT, ALIVE_FAILURES = 10.0, 5.0, 3
"""What probes are like when nobody says so, in seconds."""


class Restart(Enum):
    """As systemd has it: `Restart=` in systemd.service(5)."""

    NEVER = "never"
    ON_FAILURE = "on-failure"
    ALWAYS = "always"


class GiveUp(Enum):
    """What a process that has failed for good means for all."""

    STAY = "stay"
    STOP = "stop"


class Condition(Enum):
    """What is waited for of what a process depends on."""

    STARTED = "started"
    READY = "ready"
    COMPLETED = "completed"


class Kind(Enum):
    """How a process is asked whether it is well."""

    TCP = "tcp"
    HTTP = "http"
    CMD = "cmd"
    LOG = "log"
    NOTIFY = "notify"


class Probe(NamedTuple):
    """`ready` or `alive`. Times in seconds.

    `target` is, as written: of TCP `6379`, `HOST:PORT` or `port` (its own); of HTTP a path, or a URL that
    starts with http://; of CMD a command for the shell; of LOG a text, or a pattern as /.../; of NOTIFY
    nothing.
    """

    kind: Kind
    target: str = ""
    within: float = READY_WITHIN
    """Only `ready`: since its start. Who is not ready by then has failed."""
    every: float = READY_EVERY
    timeout: float = READY_TIMEOUT
    failures: int = 1
    """Only `alive`: so many in a row, and the process is restarted. Of NOTIFY `every` is the longest time
    between two WATCHDOG=1 (sd_watchdog_enabled(3)), and one that is missed is enough."""


class Backoff(NamedTuple):
    """How long a process waits before it is started again. Times in seconds."""

    initial: float = 1.0
    longest: float = 60.0
    reset_after: float = 60.0
    """Who has run so long has no failures behind it any more."""
    give_up_after: int | None = 10
    """Failures in a row; None: never."""


class Account(NamedTuple):
    """As whom a process runs: numbers, and what it finds in HOME and USER."""

    uid: int
    gid: int
    groups: tuple[int, ...]
    name: str
    home: str


class Policies(NamedTuple):
    """Of all processes of a type. What is None is as it would be without procman.yml."""

    # When it runs, and what its end means
    restart: Restart | None = None
    """None: its end is the end of all (Foreman)."""
    backoff: Backoff = Backoff()
    give_up: GiveUp = GiveUp.STAY
    oneshot: bool = False
    """It is to end, with code 0."""
    depends_on: Mapping[str, Condition] = {}
    """Conditions by process type."""
    autostart: bool = True
    instances: int | None = None
    timeout: float | None = None
    """Seconds between the stop signal and SIGKILL."""
    stop_signal: int | None = None
    signal_group: bool = False
    """Whether signals go to all of its group, not only to the main process."""

    # Whether it is well
    ready: Probe | None = None
    alive: Probe | None = None
    max_memory: int | None = None
    """Bytes, of it and all below it."""
    max_runtime: float | None = None
    watch: tuple[str, ...] = ()
    """Patterns of files, from the app's folder."""

    # What it finds around it
    port: int | None = None
    listen: tuple[str, ...] = ()
    """Addresses `HOST:PORT` on which procman listens for it."""
    cwd: str | None = None
    """A folder, absolute."""
    env: Mapping[str, str] = {}
    """Those of its `env_file` included."""
    stdin_null: bool = False
    pty: str | None = None
    """`always` or `never`; None: as all others."""
    nice: int | None = None
    umask: int | None = None
    nofile: int | None = None
    account: Account | None = None

    @property
    def ends_all(self) -> bool:
        """Whether its end by itself is the end of all. Not of one that a change of its files brings back."""
        return self.restart is None and not self.oneshot and not self.watch


FOREMAN = Policies()
"""A Procfile alone."""
