"""Whatever stands in an app's files or on the command line, no terminal obeys it when it is told."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from procman.cli import answers, main, parser
from procman.core.text.visible import HIDDEN

if TYPE_CHECKING:
    from pathlib import Path

NASTY = "a\x1b]0;owned\x9b2J\u202e\x08\x7fz"
YAML = r"a\e]0;owned\x9b2J\u202e\b\x7fz\nb"
"""The same in YAML's double quotes, and a second line."""
GOOD = {
    "Procfile": f"web: echo '{NASTY}' \N{NO-BREAK SPACE}é\n",
    "procman.yml": f'tasks: {{t: {{command: "echo {YAML}", desc: "{YAML}", schedule: "@daily"}}}}',
    ".env": f"A=1\n'{NASTY}'=1\n",
}
BAD = {
    "Procfile": f"{NASTY}\nweb:\n{NASTY}: x\n",
    ".env": f"{NASTY}\n'{NASTY}'\n{NASTY}=\0\nA='{NASTY}\n",
    "procman.yml": f'tasks: {{"{YAML}": true, t: {{"{YAML}": 1, schedule: "{YAML}", timeout: "{YAML}"}}}}',
}


def told(capfd: pytest.CaptureFixture[str], *words: str) -> str:
    """All that a command prints."""
    main.run(parser.read(words), None)
    return "".join(capfd.readouterr())


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (GOOD, ["check"]),
        (GOOD, ["check", "--json"]),
        (GOOD, ["tasks"]),
        (GOOD, ["tasks", "--json"]),
        ({**GOOD, NASTY: "A=1\n"}, ["check", "-e", NASTY]),
        (BAD, ["check"]),
        (BAD, ["tasks"]),
        ({**GOOD, "procman.yml": f"tasks: {NASTY}"}, ["tasks"]),
        ({**GOOD, "procman.yml": f'start: {{"{YAML}": 1, port: "{YAML}"}}'}, ["check"]),
        ({**GOOD, ".foreman": f'port: "{YAML}"'}, ["check"]),
        (GOOD, ["check", "-f", NASTY]),
        (GOOD, ["check", "-d", NASTY]),
        (GOOD, ["check", "-e", NASTY]),
        (GOOD, ["check", "-m", NASTY]),
        (GOOD, ["check", "-p", NASTY]),
        (GOOD, ["check", f"--{NASTY}"]),
        (GOOD, [NASTY]),
        (GOOD, ["help", NASTY]),
        (GOOD, ["next", "--expr", NASTY]),
        (GOOD, ["next", "--tz", NASTY]),
        (GOOD, ["next", "--from", NASTY]),
        (GOOD, ["run", NASTY]),
        (GOOD, ["run", "task", NASTY]),
        (GOOD, ["history", NASTY]),
        (GOOD, ["history", "show", NASTY]),
        (GOOD, ["cancel", NASTY]),
        (GOOD, ["pause", NASTY]),
    ],
)
def test_what_others_wrote_is_told_visibly(
    files: dict[str, str],
    words: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    said = told(capfd, *words)
    is_refused = files is BAD or "a control character" in said
    assert "owned" in said or is_refused, "the nasty text is not told at all"
    assert [sign for sign in said if re.match(HIDDEN, sign) and sign != "\n"] == []


def test_json_is_text_also_where_bytes_were_not(capfd: pytest.CaptureFixture[str]) -> None:
    answers.say_json({"a": "\udcff\ud800 😀 \x9b é"})
    text = capfd.readouterr().out
    assert text.isascii()
    assert json.loads(text) == {"a": "\ufffd\ufffd 😀 \x9b é"}
