"""Texts as nobody writes them by hand, for properties of quoting."""

from __future__ import annotations

import os

from hypothesis import strategies as st

EXAMPLES = int(os.environ.get("PROCMAN_EXAMPLES", "200"))
"""How many each property is tried with: 2,000 when a format has changed."""
SIGNS = "'\"$%\\`!#&;|<>(){}[]*?~=:,@^-+/ \t\r\n"
WORDS = (
    *(
        "end script",
        "END_OF_SCRIPT",
        "$HOME",
        "${X}",
        "$(id)",
        "`id`",
        "%%",
        "\\%",
        "\\\\",
        "'\\''",
        "@reboot",
    ),
    *("-e", "-n", "--", "é", "日本", "🙂", "]]>", "&amp;", "&#13;", "<!--", "--", "\x1b[31m", "#", " # x"),
)


def texts(without: str = "\0") -> st.SearchStrategy[str]:
    """Any text; most of it signs that mean something to somebody. Never a NUL or half a letter."""
    letters = st.characters(exclude_characters=without + "\0", exclude_categories=["Cs"])
    signs = st.sampled_from([sign for sign in SIGNS if sign not in without])
    words = st.sampled_from([word for word in WORDS if not set(word) & set(without)])
    return st.lists(st.one_of(signs, words, letters), max_size=12).map("".join)
