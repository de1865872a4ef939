"""What may be said about an app beside its files: where they are, what wins, how much of it runs."""

from __future__ import annotations

import os

from procman.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


class Settings(NamedTuple):
    """As people write them; paths as seen from the working folder."""

    root: str | None = None
    """The app's folder; None: that of the Procfile."""
    procfile: str | None = None
    """None: `Procfile` in the app's folder."""
    env: Sequence[str] = ()
    """Environment files, several with commas between them; none: `.env`, if it is there."""
    outer_wins: bool = False
    """Whether the real environment wins over those files."""
    port: str | None = None
    names: Sequence[str] = ()
    """Process types; some may be `web=2`."""
    formation: str | None = None
    """`web=2,worker=1`."""
    release: bool = False
    options_from: Collection[str] = ()
    """Files in which options were found."""

    @property
    def env_files(self) -> list[str]:
        """Each path by itself."""
        return [path for each in self.env for path in map(str.strip, each.split(",")) if path]

    def absolute(self) -> Settings:
        """The same from wherever they are read."""
        return self._replace(
            root=_absolute(self.root),
            procfile=_absolute(self.procfile),
            env=[os.path.abspath(path) for path in self.env_files],
        )


def _absolute(path: str | None) -> str | None:
    return path and os.path.abspath(path)
