"""The machine in a few words: enough to compare figures, nothing that names it."""

import os
import platform
from pathlib import Path

from bench.context import Bench
from bench.subjects import version_text


def describe(bench: Bench) -> list[str]:
    """Lines of Markdown."""
    versions = [
        f"{subject.name} {version_text(subject)}".strip() for subject in bench.subjects if subject.is_peer
    ]
    lines = [
        f"CPU: {_after('/proc/cpuinfo', 'model name')}, {os.cpu_count()} cores",
        f"Memory: {int(_after('/proc/meminfo', 'MemTotal').split()[0]) / 1e6:.0f} GB",
        f"System: {platform.system()} {platform.release().partition('-')[0]}",
        f"Python: {platform.python_version()}",
        f"Measured: {', '.join(versions)}",
        f"Producer, sink and stamp: {bench.tools.made_of}",
    ]
    if bench.missing:
        lines.append(f"Not installed, so not measured: {', '.join(bench.missing)}")
    return [f"- {line}" for line in lines]


def _after(path: str, key: str) -> str:
    for line in Path(path).read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == key:
            return value.strip()
    return "0 unknown"
