"""The options of the commands that talk to a running app."""

from __future__ import annotations

from procman.cli.amounts import COUNT, SECONDS, count, seconds
from procman.cli.options import APP, JSON, Option, switch

WAIT = (
    switch("wait", "--wait", "return when it has happened", default=True),
    Option(
        "timeout",
        "--timeout",
        "seconds to wait at most",
        "SECONDS",
        convert=seconds,
        expects=SECONDS,
    ),
)
CONTROL = (*APP, JSON)
PS = (
    *CONTROL,
    switch("watch", "-w --watch", "again each second"),
    switch("ready", "--ready", "exit with 1 unless all processes are ready"),
)
CONTROL_AND_WAIT = (*CONTROL, *WAIT)
REOPENING = (*APP, WAIT[1])
RESTART = (
    *CONTROL_AND_WAIT,
    switch("rolling", "--rolling", "one after the other, each when the last is ready"),
)


def _key(text: str) -> bytes:
    from procman.core.text import keys  # only `attach` needs it

    return keys.parse(text)


ATTACH = (
    *APP,
    Option(
        "detach_key",
        "--detach-key",
        "the key that leaves the process (default: ctrl-\\)",
        "KEY",
        convert=_key,
        expects="a key with Ctrl, such as ctrl-a or ctrl-]",
    ),
)
LOGS = (
    APP[0]._replace(spelt="--procfile"),  # `-f` follows, as it does for tail(1)
    *CONTROL[1:],
    switch("follow", "-f --follow", "go on with what comes"),
    Option("number", "-n --number", "how many lines (default: 200)", "N", convert=count, expects=COUNT),
    Option("since", "--since", "only what came in the last 10m, 2h", "DURATION"),
    Option("pattern", "--grep", "only lines that match this regular expression", "REGEX"),
    switch("prefix", "--prefix", "the time and the name in front of lines", default=True),
)
