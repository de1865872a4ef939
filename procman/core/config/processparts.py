"""`backoff:`, `ready:` and `alive:`, made of what is below them; and what makes no sense there together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from procman.core.config.probekeys import ASKED, DEFAULTS, KINDS, PROBES
from procman.core.config.processkeys import BACKOFF
from procman.core.plan.policies import Backoff, Kind
from procman.core.schedule.durations import wording

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from procman.core.plan.policies import Probe

    Found = Mapping[str, Any]
    """What the keys say, by key."""

BACKOFF_KEY = "backoff"
OF_ASKING = {"ready": ("every", "timeout"), "alive": ("timeout", "failures")}
"""Keys that mean nothing where nobody asks, as the process tells it by itself."""


def made(key: str, found: Found) -> Backoff | Probe | None:
    """What the key stands for; None for a probe of which it is not said what it asks."""
    return _backoff(found) if key == BACKOFF_KEY else _probe(key, found)


def wrong(key: str, said: Collection[str], found: Found) -> Iterator[tuple[str, str]]:
    """Key and sentence of each mistake; no key: it is about all. `said` are the keys below it that say
    something, be it right or wrong."""
    if key == BACKOFF_KEY:
        initial, longest = found.get("initial", Backoff().initial), found.get("max")
        if longest is not None and longest < initial:
            yield "max", f"it is shorter than 'initial', which is {wording(initial)}"
        return
    kinds = [kind for kind in KINDS[key] if kind in said]
    if not kinds and all(each in PROBES[key] for each in said):  # else what is unknown was meant to be one
        yield "", f"say how: write one of {', '.join(KINDS[key])} below it"
    elif len(kinds) > 1:
        yield "", f"{' and '.join(kinds)}: write just one of them"
    elif kinds:
        yield from _wrong_with(kinds[0], key, said, found)


def _backoff(found: Found) -> Backoff:
    """Who waits longer than usual at first does so ever after, unless something else is said."""
    backoff = Backoff(**{BACKOFF[key].field or key: value for key, value in found.items()})
    backoff = backoff._replace(give_up_after=backoff.give_up_after or None)  # 0: never
    return backoff if "max" in found else backoff._replace(longest=max(backoff.longest, backoff.initial))


def _probe(name: str, found: Found) -> Probe | None:
    """An answer comes before the next question, unless something else is said, which is a mistake then."""
    for kind in KINDS[name]:
        if kind in found:
            rest = {key: value for key, value in found.items() if key not in KINDS[name]}
            probe = DEFAULTS[name]._replace(kind=Kind(kind), target=found[kind], **rest)
            sooner = name == "alive" and "timeout" not in found
            return probe._replace(timeout=min(probe.timeout, probe.every)) if sooner else probe
    return None


def _wrong_with(kind: str, name: str, said: Collection[str], found: Found) -> Iterator[tuple[str, str]]:
    asked = Kind(kind) in ASKED
    for key in () if asked else OF_ASKING[name]:
        if key in said:
            yield key, f"it means nothing with '{kind}', as nobody asks the process: take it out"
    probe = _probe(name, found)
    if name == "alive" and asked and probe and probe.timeout > probe.every:
        text = f"it is longer than 'every', which is {wording(probe.every)}"
        yield "timeout", f"{text}: an answer has to be there when the next one is asked for"
