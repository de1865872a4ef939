"""How a process ended, as a number: minus n for signal n as wait(2) tells it, 128+n as shells do."""

from __future__ import annotations

import signal

from procman.errors import suggest


def signal_name(number: int) -> str:
    """`SIGTERM` for 15; real-time signals have no name and are told by number."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def signal_number(text: str) -> int:
    """The number of `HUP`, `SIGHUP` or `1`. Raises `ValueError`."""
    name = text.upper().removeprefix("SIG")
    try:
        return int(signal.Signals(int(text)) if text.isdecimal() else signal.Signals[f"SIG{name}"])
    except (KeyError, ValueError):
        near = suggest(name, [each.name.removeprefix("SIG") for each in signal.Signals])
        raise ValueError(f"no signal '{text}'{near or ': write a name such as HUP or USR1'}") from None


def signed_code(code: int) -> int:
    """Minus the number of the signal that a shell tells as 128+n; other codes as they are."""
    return 128 - code if signal_name(code - 128).startswith("SIG") else code


def exit_code(code: int) -> int:
    """The exit code a shell gives for it: 128+n for signal n."""
    return 128 - code if code < 0 else code
