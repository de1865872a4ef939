"""Who waits for whom in the end for itself, so that none of them would ever start."""

from __future__ import annotations

from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


def circles(depends: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """Circles, each once: as `[web, worker]` where web depends on worker and that on web; one begins with the
    first of it in the mapping. Of circles that share a part those are found that a walk through all finds:
    whoever opens them has opened all.
    """
    order = {name: at for at, name in enumerate(depends)}
    found: dict[tuple[str, ...], None] = {}
    done: set[str] = set()
    for name in depends:
        for circle in _from(name, depends, done):
            first = min(range(len(circle)), key=lambda at: order[circle[at]])
            found[(*circle[first:], *circle[:first])] = None
    return [[*each] for each in found]


def _from(name: str, depends: Mapping[str, Iterable[str]], done: set[str]) -> Iterator[list[str]]:
    """The circles that are met on a walk from here; `done` are those from which a walk was made."""
    if name in done:
        return
    path = {name: None}
    left = [iter(depends[name])]
    while left:
        following = next(left[-1], None)
        if following is None:
            left.pop()
            done.add(path.popitem()[0])
        elif following in path:
            names = [*path]
            yield names[names.index(following) :]
        elif following in depends and following not in done:
            path[following] = None
            left.append(iter(depends[following]))
