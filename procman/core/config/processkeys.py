"""The keys of a process type in procman.yml, a row each. The file is read by this table, its JSON Schema and
`procman init` are made from it, and the manual is compared with it.
"""

from __future__ import annotations

from procman.core.config import processvalues as values
from procman.core.config import schemas
from procman.core.config.keyrows import Key, Shape
from procman.core.config.probekeys import ALIVE, KINDS, READY
from procman.core.config.values import member, more_than_nothing, not_empty, one_of, switch, whole
from procman.core.plan.policies import Backoff, Condition, GiveUp, Restart
from procman.core.schedule import durations

MOST_INSTANCES, MOST_FILES, MOST_LISTEN = 9999, 100_000_000, 5
STDIN = {"open": False, "null": True}
PTY: dict[str, str | None] = {"auto": None, "always": "always", "never": "never"}
SIGNAL_TO = {"main": False, "group": True}


def _duration(help_: str, example: str, field: str = "") -> Key:
    return Key(more_than_nothing, schemas.DURATION, help_, example, field=field)


def _flag(help_: str, example: str) -> Key:
    return Key(switch, schemas.SWITCH, help_, example)


def _probe(name: str, below: dict[str, Key], help_: str, example: str) -> Key:
    schema = schemas.keys({key: row.schema for key, row in below.items()}) | schemas.exactly_one(KINDS[name])
    return Key(str, schema, help_, example, Shape.KEYS, below=below)


USUAL = Backoff()
BACKOFF = {
    "initial": _duration(f"Before the first restart (default: {USUAL.initial:g}s).", "1s"),
    "max": _duration(
        f"It doubles with each failure, up to this (default: {USUAL.longest:g}s).", "1m", "longest"
    ),
    "reset_after": _duration(
        f"Who has run so long has no failures behind it any more (default: {USUAL.reset_after:g}s).", "1m"
    ),
    "give_up_after": Key(
        values.give_up_after,
        schemas.whole(1, values.MOST_FAILURES, values.NEVER),
        f"It has failed for good after so many failures in a row, or never (default: {USUAL.give_up_after}).",
        "10",
    ),
}
KEYS = {
    "restart": Key(
        member(Restart),
        schemas.words(*(each.value for each in Restart)),
        "Whether it is started again when it ends by itself; without this key its end is the end of all.",
        "on-failure",
    ),
    "backoff": Key(
        str,
        schemas.keys({key: row.schema for key, row in BACKOFF.items()}),
        "How long it waits before it is started again.",
        "{initial: 1s, max: 1m}",
        Shape.KEYS,
        below=BACKOFF,
    ),
    "give_up": Key(
        member(GiveUp),
        schemas.words(*(each.value for each in GiveUp)),
        "What follows when it has failed for good: the others stay (default), or all stops, with its code.",
        "stop",
    ),
    "oneshot": _flag("It is to end, and code 0 is success.", "true"),
    "depends_on": Key(
        member(Condition),
        {
            "anyOf": [
                schemas.one_or_list(schemas.TEXT),
                schemas.mapping(schemas.words(*(each.value for each in Condition))),
            ]
        },
        "It starts when these process types are ready, or started, or have completed, if they are to end.",
        "[redis]",
        Shape.CONDITIONS,
    ),
    "autostart": _flag(
        "Whether it starts with the others, or only when it is named (default: true).", "false"
    ),
    "instances": Key(
        whole(1, MOST_INSTANCES),
        schemas.whole(1, MOST_INSTANCES),
        "How many there are of it, where the command line does not say it (default: 1).",
        "2",
    ),
    "timeout": Key(
        durations.parse,
        schemas.DURATION,
        "How long it may take between the stop signal and SIGKILL (default: what -t says).",
        "30s",
    ),
    "stop_signal": Key(
        values.stop_signal, schemas.TEXT, "The signal that asks it to stop (default: TERM).", "QUIT"
    ),
    "signal_to": Key(
        one_of(SIGNAL_TO),
        schemas.words(*SIGNAL_TO),
        "Who gets the stop signal: the command itself (default), or all of its process group.",
        "group",
        field="signal_group",
    ),
    "ready": _probe(
        "ready", READY, "How it is known that it is ready to work.", "{http: /health, within: 30s}"
    ),
    "alive": _probe(
        "alive", ALIVE, "How it is known that it is still well; else it is restarted.", "{http: /health}"
    ),
    "max_memory": Key(
        values.memory,
        schemas.SIZE,
        "It is restarted when it uses more memory than this, with all below it.",
        "512M",
    ),
    "max_runtime": _duration("It is restarted when it has run so long.", "12h"),
    "watch": Key(
        values.watch,
        schemas.one_or_list(schemas.TEXT),
        "It is restarted when a file changes that fits one of these patterns.",
        '["**/*.py"]',
        Shape.SOME,
    ),
    "port": Key(
        whole(1, 65535),
        schemas.whole(1, 65535),
        "Its port in PORT; each further instance has the next one.",
        "3000",
    ),
    "listen": Key(
        values.listen,
        schemas.one_or_list(schemas.TEXT, MOST_LISTEN),
        "procman listens there and hands it the socket, so that a restart refuses nobody: PORT or HOST:PORT.",
        "8080",
        Shape.SOME,
        most=MOST_LISTEN,
    ),
    "cwd": Key(not_empty, schemas.TEXT, "The folder it runs in (default: the app's).", "."),
    "env": Key(
        str,
        schemas.mapping(schemas.TEXT),
        "Variables that it has in its environment.",
        "{LEVEL: debug}",
        Shape.VARIABLES,
    ),
    "env_file": Key(
        not_empty,
        schemas.one_or_list(schemas.TEXT),
        "Files like .env that only it gets; 'env' wins over them.",
        ".env",
        Shape.SOME,
    ),
    "stdin": Key(
        one_of(STDIN),
        schemas.words(*STDIN),
        "What it reads: nothing comes but it stays open (default), or null, which is at its end at once.",
        "null",
        field="stdin_null",
        null=True,
    ),
    "pty": Key(
        one_of(PTY),
        schemas.words(*PTY),
        "Whether it has a terminal of its own: as all others (auto, the default), always, or never.",
        "never",
    ),
    "nice": Key(
        whole(-20, 19), schemas.whole(-20, 19), "Its priority: 19 gives way to all others, see nice(1).", "10"
    ),
    "umask": Key(
        values.umask,
        schemas.matching("^(0o)?[0-7]{1,4}$"),
        "The rights that files which it makes do not have, in octal, see umask(2).",
        "022",
    ),
    "nofile": Key(
        whole(1, MOST_FILES),
        schemas.whole(1, MOST_FILES),
        "How many files it may have open, see RLIMIT_NOFILE in getrlimit(2).",
        "4096",
    ),
    "user": Key(
        values.name, schemas.TEXT, "Whom it runs as, a name or a number, if procman is root.", "nobody"
    ),
    "group": Key(
        values.name,
        schemas.TEXT,
        "The group it runs as (default: the user's), if procman is root.",
        "nogroup",
    ),
}
