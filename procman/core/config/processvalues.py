"""How the values of `processes:` are read that are no plain words, numbers or times."""

from __future__ import annotations

import re
import signal

from procman.core import exitcodes
from procman.core.config import sizes
from procman.core.config.values import not_empty, switch, whole
from procman.core.plan import expansion, plan, questions

NEVER = "never"
MOST_FAILURES = 1_000_000
LEAST_MEMORY = 1 << 20
VARIABLE = re.compile(r"[^=\s\0]+")
OCTAL = re.compile(r"(?:0o)?([0-7]{1,4})", re.ASCII)
MOST_UMASK = 0o777


def give_up_after(text: str) -> int:
    """A number of failures, or `never`, which is 0."""
    if text == NEVER:
        return 0
    try:
        return whole(1, MOST_FAILURES)(text)
    except ValueError as error:
        raise ValueError(f"{error}, or '{NEVER}'") from None


def stop_signal(text: str) -> int:
    """The number of a signal that a process can be told to stop with."""
    number = exitcodes.signal_number(text)
    if number == signal.Signals.SIGSTOP:
        raise ValueError("SIGSTOP suspends a process and ends none: write TERM, INT or QUIT")
    return number


def memory(text: str) -> int:
    """Bytes, of which a process needs some."""
    size = sizes.parse(text)
    if size < LEAST_MEMORY:
        hint = f": is it {text.strip()}M?" if text.strip().isdecimal() and size else ""
        raise ValueError(f"'{text}' is less than any process needs{hint}")
    return size


def tcp(text: str) -> str:
    """Where somebody has to listen: `port`, a port, or HOST:PORT."""
    if text != questions.OWN_PORT:
        questions.address(text)
    return text


def http(text: str) -> str:
    """A path of the process's own port, or a URL."""
    if text.lower().startswith("https:"):
        raise ValueError(f"https is not asked by procman itself: write 'cmd: curl -fsS {text}'")
    if not text.isascii() or not text.isprintable() or re.search(r"[\s#]", text):
        raise ValueError(f"'{text}' has blanks, '#' or letters that a URL does not have: write them as %20")
    if text.startswith("/"):
        return text
    found = questions.URL.fullmatch(text)
    if not found or not 1 <= int(found["port"] or questions.HTTP_PORT) <= 65535:
        raise ValueError(
            f"'{text}' is neither a path like /health nor a URL like http://127.0.0.1:8080/health"
        )
    return text


def log(text: str) -> str:
    """What has to be in a line: a text, or a pattern between slashes."""
    not_empty(text)
    if len(text) > 1 and text[0] == text[-1] == "/":
        pattern = text[1:-1]
        if not pattern:
            raise ValueError("'//' would fit every line: write a pattern between the slashes")
        try:
            re.compile(pattern)
        except (re.error, OverflowError, RecursionError, Warning) as error:
            raise ValueError(f"'{text}' is not a regular expression: {error}") from None
    return text


def notify(text: str) -> str:
    """Yes: there is nothing else to know of it."""
    if not switch(text):
        raise ValueError(f"'{text}' means nothing here: take the line out")
    return ""


def listen(text: str) -> str:
    """HOST:PORT, of loopback where no host is named."""
    host, port = questions.address(text)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def watch(text: str) -> str:
    """A pattern of files below the app's folder."""
    not_empty(text)
    below = text.strip().removeprefix("!")
    if below.startswith(("/", "~")) or ".." in below.split("/"):
        raise ValueError(f"'{text}' leads out of the app's folder: write a pattern like src/**/*.py")
    return text


def variable(key: str, text: str) -> str:
    """The value of a variable of this name, just as it is written."""
    if not VARIABLE.fullmatch(key):
        raise ValueError("the name of a variable has no blank and no '=' in it")
    if plan.is_own(key):
        hint = "write 'port: 3000' for a fixed one" if key == "PORT" else "take it out"
        raise ValueError(f"procman itself sets {key}: {hint}")
    if not expansion.fits(key, text):
        raise ValueError("the value is longer than the 128 KiB that a process can be given")
    return text


def umask(text: str) -> int:
    """Octal, as umask(1) has it."""
    found = OCTAL.fullmatch(text)
    if not found or int(found[1], 8) > MOST_UMASK:
        raise ValueError(f"'{text}' is not an octal number up to 777, such as 022")
    return int(found[1], 8)


def name(text: str) -> str:
    """Of a user or group, or its number."""
    if not re.fullmatch(r"[^\s:/]+", text):
        raise ValueError(f"'{text}' is neither a name nor a number")
    return text


def word(text: str) -> str:
    """A process type; whether there is one is not known yet."""
    if not re.fullmatch(r"[^\s:]+", text):
        raise ValueError(f"'{text}' is not the name of a process type")
    return text
