r"""What somebody else wrote, for people to read: shown as it is, and nothing of it obeyed by a terminal.

Names, commands, messages and file names come from anywhere. An escape among them is printed as `\x1b`.
"""

from __future__ import annotations

import re

from procman.core.text.lines import final_lines

RESET = "\x1b[0m"
HIDDEN = (
    "[\0-\x1f\x7f-\x9f"  # C0, DEL and C1, the 8-bit controls of ECMA-48
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # what turns the direction of writing (UAX 9)
    "\u2028\u2029"  # line and paragraph separators
    "\ud800-\udfff]"  # bytes that are not UTF-8
)
SEQUENCE = (
    r"(?P<colour>\x1b\[[0-9;:]*m)"
    r"|\x1b\[[0-?]*[ -/]*[@-~]"  # CSI
    r"|\x1b\][^\0-\x1f\x7f-\x9f]*(?:\x07|\x1b\\)"  # OSC
    r"|\x1b[PX^_][^\0-\x1f\x7f-\x9f]*\x1b\\"  # DCS, SOS, PM, APC
    r"|\x1b[ -/]+[0-~]|\x1b[0-OQ-WYZ`-~]"  # the rest
    rf"|(?P<hidden>{HIDDEN})"
)
"""Whole escape sequences (ECMA-48), and what else a terminal would not show. Compiled when first needed."""
USER = r":/{1,2}[^/:@\[]*:(?!\d+/)"
"""Behind it a password, and not a port."""
PASSWORD = r"(?i)(password\s*=\s*)('(?:\\.|[^'\\])*'|(?:\\.|\S)*)"
"""As libpq takes it, in a URL or beside others."""
CLOSING = "'\":,"


def printable(text: str) -> str:
    r"""The text as one line: `\x1b`, `\n` and the like are shown, and bytes that are not UTF-8 as `\xff`."""
    return text if text.isprintable() else re.sub(HIDDEN, _shown, text)


def masked(text: str) -> str:
    """The text without the passwords of addresses: who mistypes one gets it back, and it may go to a log."""
    if "@" not in text and "=" not in text:
        return text
    return re.sub(PASSWORD, _hidden, re.sub(r"\S+", _without_password, text))


def _hidden(found: re.Match[str]) -> str:
    """With what may stand behind it in a sentence."""
    value = found[2]
    behind = "" if value[:1] == "'" else value[len(value.rstrip(CLOSING)) :]
    return f"{found[1]}***{behind}"


def _without_password(word: re.Match[str]) -> str:
    """Of `scheme://user:password@host` (RFC 3986, 3.2.1); there may be an @ in it."""
    before, _, host = word[0].rpartition("@")
    user = re.search(USER, before)
    return f"{before[: user.end()]}***@{host}" if user else word[0]


def readable(output: bytes) -> str:
    """What a program wrote to its terminal, line by line.

    Colours stay in their line; of what was rewritten the newest state is left; whole sequences that move
    the cursor and the like are left out, as a terminal does not show them. All else is shown: a sequence
    without an end hides nothing behind it.
    """
    text = final_lines(output).decode(errors="surrogateescape")
    return "\n".join(map(_line, text.split("\n")))


def _line(line: str) -> str:
    if line.isprintable():
        return line
    line = re.sub(SEQUENCE, _kept, line)
    return line + RESET if "\x1b" in line else line


def _kept(match: re.Match[str]) -> str:
    if match["hidden"] and match["hidden"] != "\t":
        return _shown(match)
    return match["colour"] or match["hidden"] or ""


def _shown(match: re.Match[str]) -> str:
    sign = match[0]
    if "\udc80" <= sign <= "\udcff":  # surrogateescape
        return f"\\x{ord(sign) - 0xDC00:02x}"
    return sign.encode("unicode_escape").decode()
