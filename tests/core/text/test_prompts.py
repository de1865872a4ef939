from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procman.core.text.prompts import CALM_SECONDS, Prompts, is_prompt

PROMPTS = [
    "Password:",
    "Password: ",
    "[sudo] password for bob: ",
    "Enter passphrase for key '/home/bob/.ssh/id_ed25519': ",
    "Name [bob]: ",
    "In [1]: ",
    "(Pdb) ",
    "\x1b[?2004h(Pdb) ",
    "(Pdb++) ",
    "ipdb> ",
    "(rdb:1) ",
    "(byebug) ",
    "(gdb) ",
    "[1] pry(main)> ",
    "irb(main):001:0> ",
    "> ",
    ">>> ",
    "mysql> ",
    "\x1b[32miex(1)>\x1b[0m ",
    "app=> ",
    "app=# ",
    "bash-5.2$ ",
    "bob@host:~/app$ ",
    "Overwrite? ",
    "Are you sure you want to continue connecting (yes/no/[fingerprint])? ",
    "Proceed ([y]/n)? ",
    "Continue? [Y/n]",
    "Overwrite (y/n) ",
    "Press any key to continue . . . ",
    "Press ENTER or type command to continue",
    "Hit return",
    "\x1b[36m?\x1b[39m Project name: › my-app",
    "? Pick a framework",
]
OTHERS = [
    "",
    " ",
    ".....",
    "Building",
    "Downloading...",
    "Installing dependencies…",
    "Listening on http://localhost:5000/",
    "⠋ Waiting for the server:",
    "⠙ Do you see me?",
    "Progress: 45%",
    "45 %| 9/20 [00:01<00:01,  8.2it/s]",
    "45%|████▌     | 9/20 [00:01<00:01,  8.2it/s]",
    "[=======>",
    "[----->",
    "[1/4] Resolving packages",
    "downloaded (3/10)",
    "[3/10]",
    "0 tests (12 ms)",
    "working |\b/\b-?",
    "<div><b>markup</b>",
    "<br/>",
    "a" * 400 + ": ",
    "12:30",
    "####",
]


@pytest.mark.parametrize("line", PROMPTS)
def test_what_asks_is_a_prompt(line: str) -> None:
    assert is_prompt(line.encode())


@pytest.mark.parametrize("line", OTHERS)
def test_what_tells_how_far_it_is_or_is_cut_is_none(line: str) -> None:
    assert not is_prompt(line.encode())


@given(st.binary(max_size=350))
def test_any_bytes_can_be_asked_about(line: bytes) -> None:
    assert is_prompt(line) in (True, False)


def test_a_prompt_is_told_when_it_stays_and_once_a_process() -> None:
    prompts = Prompts()
    prompts.changed("web.1", b"Pass", False, 0.0)
    assert prompts.deadline is None
    prompts.changed("web.1", b"Password: ", False, 1.0)
    assert prompts.deadline == 1.0 + CALM_SECONDS
    assert list(prompts.waiting(2.9)) == []
    assert list(prompts.waiting(3.0)) == ["web.1"]
    assert prompts.deadline is None
    prompts.changed("web.1", b"Password: ", True, 4.0)
    assert prompts.deadline is None
    prompts.forget("web.1")
    prompts.changed("web.1", b"Password: ", False, 5.0)
    assert list(prompts.waiting(9.0)) == ["web.1"]


def test_a_prompt_that_goes_on_is_none() -> None:
    prompts = Prompts()
    prompts.changed("web.1", b"Testing: ", False, 0.0)
    prompts.changed("web.1", b"Testing: ok", False, 1.0)
    assert prompts.deadline is None
    prompts.changed("web.1", b"name? ", True, 2.0)
    prompts.changed("web.1", b"", True, 3.0)
    assert prompts.deadline is None


def test_each_process_has_its_own_time() -> None:
    prompts = Prompts()
    prompts.changed("web.1", b"> ", False, 0.0)
    prompts.changed("web.2", b"> ", False, 1.0)
    assert prompts.deadline == CALM_SECONDS
    assert list(prompts.waiting(2.5)) == ["web.1"]
    assert prompts.deadline == 1.0 + CALM_SECONDS
    prompts.forget("web.2")
    assert prompts.deadline is None


def test_a_line_that_is_rewritten_is_progress_until_it_ends() -> None:
    prompts = Prompts()
    prompts.changed("web.1", b"step 1: ", False, 0.0)
    prompts.changed("web.1", b"step 1: \rstep 2: ", False, 1.0)
    assert prompts.deadline is None
    prompts.changed("web.1", b"step 2: and", False, 1.0)
    prompts.changed("web.1", b"step 2: and: ", False, 1.0)
    assert prompts.deadline is None
    prompts.changed("web.1", b"name? ", True, 2.0)
    assert prompts.deadline == 2.0 + CALM_SECONDS
    prompts.changed("web.1", b"name? \r", False, 2.0)
    assert prompts.deadline is None
