"""What may be said about an app beside its files: where they are, what wins, how much of it runs."""

from __future__ import annotations

from procman.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence


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
    ticks_of: Sequence[str] = ()
    """Tasks; where some are named, the schedules of all others are somebody else's."""
    options_from: Collection[str] = ()
    """Files in which options were found."""

    @property
    def env_files(self) -> list[str]:
        """Each path by itself."""
        return [path for each in self.env for path in map(str.strip, each.split(",")) if path]

    def with_paths(self, convert: Callable[[str], str]) -> Settings:
        """The same with other words for the same paths, as os.path.abspath gives them."""
        return self._replace(
            root=self.root and convert(self.root),
            procfile=self.procfile and convert(self.procfile),
            env=[*map(convert, self.env_files)],
        )
