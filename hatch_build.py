"""What the package index is told: the README with links that work there, where no file lies beside it."""

import os
import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

LINK = re.compile(r"(?P<image>!?)\[(?P<text>[^\]]*)\]\((?P<path>(?!\w+:|#)[^)\s]+)\)")
HOME = "PROCMAN_HOME"
"""The environment variable that a release sets: where the repository is on the web, https://host/owner/name."""


def absolute(markdown: str, home: str, tag: str) -> str:
    """The text with every relative link made one to that tag of the repository; images to the file itself."""

    def link(match: re.Match[str]) -> str:
        kind = "raw" if match["image"] else "blob"
        return f"{match['image']}[{match['text']}]({home}/{kind}/{tag}/{match['path']})"

    return LINK.sub(link, markdown)


class CustomMetadataHook(MetadataHookInterface):
    """Fills in `readme` and `urls`."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Without an address, as in a clone, the README stays as it is."""
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        if home := os.environ.get(HOME, "").rstrip("/"):
            text = absolute(text, home, f"v{metadata['version']}")
            metadata["urls"] = {
                "Source": home,
                "Documentation": f"{home}/blob/v{metadata['version']}/docs/index.md",
            }
        metadata["readme"] = {"content-type": "text/markdown", "text": text}
