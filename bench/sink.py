"""The twin of sink.c for a machine without a C compiler; what it does is told there."""

import json
import os
import re
import signal
import sys
import time
from collections import Counter

PAYLOAD = re.compile(rb"(.*)<(c\d\d) (\d{10}) (?:~#){41}>", re.DOTALL)
TRAILER = re.compile(rb"(?:\r|\x1b\[[\d;]*m)+\Z")
FRAGMENT = re.compile(rb"~|<c|>\Z")
FAULTS = ("lost", "gaps", "disorder", "cut", "merged", "bare", "foreign")
FIGURES = ("ok", *FAULTS, "other", "bytes", "first_ns", "last_ns")


class Sink:
    """Counts what comes in."""

    def __init__(self, what: str, expected: int) -> None:
        self.whole, self.expected = what == "long", expected
        self.count: Counter[str] = Counter()
        self.next_of: Counter[bytes] = Counter()
        self.left = b""
        self.told = False
        self.heard = -1

    def take(self, data: bytes) -> None:
        now, before = time.monotonic_ns(), self._seen()
        self.count["bytes"] += len(data)
        if self.whole:
            self.count["ok"] += data.count(b"z")
        else:
            *lines, self.left = (self.left + data).split(b"\n")
            for line in lines:
                self.judge(line)
        if self._seen() > before:
            self.count["first_ns"] = self.count["first_ns"] or now
            self.count["last_ns"] = now
        if not self.told and self._seen() >= self.expected:
            self.told = True
            os.write(2, b"all\n")

    def _seen(self) -> int:
        return self.count["ok"] + self.count["disorder"]

    def judge(self, line: bytes) -> None:
        line = TRAILER.sub(b"", line)
        if found := PAYLOAD.fullmatch(line):
            prefix, name, number = found.groups()
            self._judge_prefix(prefix, name)
            self._judge_order(name, int(number))
        else:
            self.count["cut" if FRAGMENT.search(line) else "other"] += 1

    def _judge_prefix(self, prefix: bytes, name: bytes) -> None:
        if not prefix:
            self.count["bare"] += 1
        elif b"<" in prefix:
            self.count["merged"] += 1
        elif name not in prefix:
            self.count["foreign"] += 1

    def _judge_order(self, name: bytes, number: int) -> None:
        if number < self.next_of[name]:
            self.count["disorder"] += 1
            return
        self.count["gaps"] += number - self.next_of[name]
        self.count["ok"] += 1
        self.next_of[name] = number + 1

    def say_when_idle(self, _signal: int, _frame: object) -> None:
        if self.heard == self.count["bytes"]:
            os.write(2, b"idle\n")
        self.heard = self.count["bytes"]

    def findings(self) -> dict[str, int]:
        if self.left and not self.whole:
            self.judge(self.left)
        self.count["lost"] = max(self.expected - self._seen(), 0)
        return {name: self.count[name] for name in FIGURES}


def main() -> None:
    what, lines, children = sys.argv[1:]
    sink = Sink(what, int(lines) * int(children))
    signal.signal(signal.SIGALRM, sink.say_when_idle)
    signal.setitimer(signal.ITIMER_REAL, 1, 1)
    while data := os.read(0, 1 << 18):
        sink.take(data)
    os.write(2, json.dumps(sink.findings()).encode() + b"\n")


main()
