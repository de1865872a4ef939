"""The log in a file that is kept: text alone, without colours and whatever else is for a terminal."""

from __future__ import annotations

from procman.core.text.prefix import prefixed
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from procman.core.text.prefix import Buffer

ESC = b"\x1b"


class BareScreen:
    """Whole lines only."""

    def lines(self, name: str, prefix: bytes, lines: bytes) -> list[Buffer]:
        """The buffers of whole lines, each behind the prefix."""
        if ESC in lines or b"\xc2" in lines:
            lines = bare(lines)
        return prefixed(prefix, lines)


def bare(lines: bytes) -> bytes:
    """Whole lines without escape sequences. One that has no end hides nothing: its ESC is shown as text."""
    from procman.core.text.escapes import NO_COLOUR, RESET, flat  # 2 ms, for those who use escapes
    from procman.core.text.sequences import EIGHT_BIT, SGR, WHOLE

    if not NO_COLOUR.search(lines) and b"\b" not in lines and not EIGHT_BIT.search(lines):
        return SGR.sub(b"", lines.replace(RESET, b""))  # the usual one, faster
    lines = b"\n".join(map(flat, lines.split(b"\n")))
    return WHOLE.sub(b"", lines).replace(ESC, rb"\x1b")
