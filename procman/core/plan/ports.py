"""Which port a process gets: base + 100 for each type of the Procfile + 1 for each instance (Foreman).

procman.yml may say otherwise: a first port of the type's own, or where procman listens for all of them.
"""

from __future__ import annotations

import re

from procman.errors import Problem, UserError
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from procman.core.plan.policies import Policies

DEFAULT_BASE = 5000
LAST = 65535
VARIABLE = "PROCMAN_PORT_"


def parse_base(text: str, source: str, secret: bool = False) -> int:
    """A port number from 1 to 65535. Raises `UserError` with its source, and with the text if not secret."""
    match = re.fullmatch(r"\s*0*([0-9]{1,5})\s*", text)
    if match is None or not 1 <= int(match[1]) <= LAST:
        shown = "this" if secret else f"'{text}'"
        raise UserError([Problem(source, None, f"{shown} is not a port number from 1 to {LAST}")])
    return int(match[1])


def port_of(base: int, type_index: int, instance: int) -> int | None:
    """The port of an instance (from 1) of the type at `type_index` (from 0); None beyond the last port."""
    port = base + 100 * type_index + instance - 1
    return port if port <= LAST else None


def of(policies: Policies, base: int, type_index: int, instance: int) -> int | None:
    """The port of an instance under its policies. Those who are handed one socket have its port in common."""
    if policies.port is not None:
        port = policies.port + instance - 1
        return port if port <= LAST else None
    if policies.listen:
        return int(policies.listen[0].rpartition(":")[2])
    return port_of(base, type_index, instance)


def variable(name: str) -> str:
    """The variable that tells everyone the first port of a type: `web-ui` -> `PROCMAN_PORT_WEB_UI`."""
    return VARIABLE + re.sub(r"[^A-Z0-9]", "_", name.upper())
