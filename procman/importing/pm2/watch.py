"""`watch` and `ignore_watch` of pm2 as patterns of procman.yml (lib/Watcher.js)."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from procman.importing.reading.parts import YES

if TYPE_CHECKING:
    from procman.importing.found import Keys, Place
    from procman.importing.reading.parts import Part

ALL = "**/*"
PLAIN = re.compile(r"[\w./@+-]+|(?:\*\*/)?[\w./@+*-]+")
"""A path or a glob. What is neither may be a regular expression, which pm2 takes, too."""
USUAL = ("node_modules", ".git")
"""What procman never looks at."""


def keys(part: Part, place: Place, folder: str) -> Keys:
    """The key `watch`, or nothing."""
    line = part.line_of("watch")
    paths = [each.text for each in part.scalars("watch")]
    ignored = _ignored(part, place, folder)
    if not paths or paths == ["false"]:
        return {}
    patterns = [ALL] if len(paths) == 1 and paths[0].lower() in YES else paths
    found = [_pattern(each, place, folder) for each in patterns]
    for written, pattern in zip(patterns, found, strict=True):
        if pattern is None:
            part.lose(
                line, f"watch: {written}: it is not in the app's folder, which is all that procman watches"
            )
    kept = [each for each in found if each is not None]
    return {"watch": [*kept, *(f"!{each}" for each in ignored)]} if kept else {}


def _ignored(part: Part, place: Place, folder: str) -> list[str]:
    found = []
    line = part.line_of("ignore_watch")
    for each in part.scalars("ignore_watch"):
        text = each.text.strip().replace("\\.", ".")
        pattern = _pattern(text, place, folder) if PLAIN.fullmatch(text) else None
        if text.strip("/") in USUAL:
            continue
        if pattern is None:
            part.lose(line, f"ignore_watch: {text}: write it as a pattern behind '!' below 'watch'")
        else:
            found.append(pattern)
    return found


def _pattern(text: str, place: Place, folder: str) -> str | None:
    """From the app's folder on; a folder is watched with all that is below it. None for one outside."""
    full = os.path.normpath(os.path.join(place.root, folder, text))
    below = os.path.relpath(full, place.root)
    if below.startswith("..") or "\0" in text or not text.strip():
        return None
    if below == ".":
        return ALL
    return f"{below}/" if place.is_folder(full) or text.endswith("/") else below
