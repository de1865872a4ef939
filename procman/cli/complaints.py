"""What procman says on stderr: each line begins with `procman:`, and nothing in it moves a terminal.

Words of users are repeated in it, but no password of an address among them.
"""

from __future__ import annotations

import sys


def tell(*lines: str) -> None:
    """Print the lines. Where stderr cannot be written (a full disk, say) nobody is left to tell."""
    from procman.core.text.visible import masked, printable  # only mistakes need it

    try:
        for line in lines:
            print(f"procman: {printable(masked(line))}", file=sys.stderr)
    except OSError:
        pass
