"""The keeper: a small shell that leads the session of a child on a pseudo-terminal.

When the leader of a session ends, the kernel hangs up on all that is left in it (SIGHUP, see credentials(7)),
and the keeper does not end before they have. It tells the pid and the exit code of the child through a pipe.
Descriptors 8 and 9 are its own: sockets are handed to children from 3 on, and dash knows one digit.
"""

from __future__ import annotations

from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from procman.core.plan.commands import Script

TELLS = 8
"""Its end of the pipe."""
KEEPER = (
    "trap : HUP INT QUIT TERM USR1 USR2; exec 9>&2 2>/dev/null;"
    ' (exec 2>&9 9>&-; exec "$0" -c "$@"); echo "exit $?" >&8; while echo >&8; do kill -STOP $$; done'
)
"""What it starts gets the usual signals, since it catches them. Once nobody listens any more, it ends."""
TELL_PID = 'echo "pid $$" >&8; exec 8>&-; '


def told(script: Script) -> Script:
    """A script that first tells its pid."""
    line, *others = script.behind
    return script._replace(behind=(TELL_PID + line, *others))


def kept(script: Script, shell: str) -> Script:
    """A keeper with this script for a shell."""
    return script._replace(behind=(KEEPER, shell, *script.behind))
