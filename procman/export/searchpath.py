"""Where programs are looked for: in the folder of procman too, which most often has the app's own.

With `procman start` it is the PATH of whoever types it. Who starts services has the system's alone.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from procman.export.plan import ExportPlan

SYSTEM = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""As systemd and login(1) have it."""


def folder(plan: ExportPlan, usual: str = SYSTEM) -> str | None:
    """That of procman; None for one that is in the `usual` PATH there, or cannot be in any."""
    found = os.path.dirname(plan.procman[0])
    return None if not found or ":" in found or found in usual.split(":") else found


def whole(plan: ExportPlan, usual: str = SYSTEM) -> str | None:
    """PATH with that folder in front; None where the `usual` one has it."""
    found = folder(plan, usual)
    if found is None:
        return None
    return SYSTEM if found in SYSTEM.split(":") else f"{found}:{SYSTEM}"


def variables(plan: ExportPlan, usual: str = SYSTEM) -> dict[str, str]:
    """The same as what goes before all other variables: a PATH of the app's own wins."""
    found = whole(plan, usual)
    return {"PATH": found} if found else {}
