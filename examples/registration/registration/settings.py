"""What the environment tells the processes of the app: ports, from procman, the state folder, waits."""

import os
import sys
from datetime import timedelta
from pathlib import Path

HOST = "127.0.0.1"


def own_port() -> int:
    """The port this process listens on: `PORT`."""
    return _port("PORT")


def port_of(process_type: str) -> int:
    """The first port of another process type: `PROCMAN_PORT_REDIS` for `redis`."""
    return _port(f"PROCMAN_PORT_{process_type.upper()}")


def web_url() -> str:
    """Where a browser finds the app."""
    return f"http://{HOST}:{port_of('web')}"


def state_folder() -> Path:
    """The folder of the database and the mails: `REGISTRATION_STATE`, else `var/` beside the Procfile."""
    folder = Path(os.environ.get("REGISTRATION_STATE") or Path(__file__).parents[1] / "var")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def shown(path: Path) -> str:
    """A path for people: from the folder of the app, where it lies in there."""
    app = Path(__file__).parents[1]
    return str(path.relative_to(app) if path.is_relative_to(app) else path)


def follow_up_after() -> timedelta:
    """How long after registering the follow-up mail is due: `FOLLOW_UP_SECONDS`, else ten minutes."""
    return _duration("FOLLOW_UP_SECONDS", timedelta(minutes=10))


def remind_after() -> timedelta:
    """How long after registering a reminder is due: `REMIND_AFTER_SECONDS`, else an hour."""
    return _duration("REMIND_AFTER_SECONDS", timedelta(hours=1))


def _duration(variable: str, default: timedelta) -> timedelta:
    text = os.environ.get(variable)
    if not text:
        return default
    if not text.isdecimal() or len(text) > len("31536000"):
        sys.exit(f"{variable}={text} is no number of seconds: write a whole number, as 600")
    return timedelta(seconds=int(text))


def _port(variable: str) -> int:
    try:
        return int(os.environ[variable])
    except (KeyError, ValueError):
        sys.exit(f"{variable} does not hold a port: start this app with procman, which sets it")
