"""What the processes of the app know of each other: the ports, from procman, and the state folder."""

import os
import sys
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


def _port(variable: str) -> int:
    try:
        return int(os.environ[variable])
    except (KeyError, ValueError):
        sys.exit(f"{variable} does not hold a port: start this app with procman, which sets it")
