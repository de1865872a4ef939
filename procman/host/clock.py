"""The clock on the wall: what zone it shows."""

from __future__ import annotations

from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import tzinfo


def system_zone() -> tzinfo:
    """The zone of TZ, else of the system, else UTC. Raises `ValueError` for a TZ that is none."""
    import tzlocal  # 25 ms that only an app with schedules waits for

    try:
        return tzlocal.get_localzone()
    except (LookupError, ValueError, OSError) as error:
        text = " ".join(str(error.args[0] if error.args else error).split())  # tzlocal's has two lines
        raise ValueError(f"the system's time zone cannot be told ({text}): set 'timezone:'") from None
