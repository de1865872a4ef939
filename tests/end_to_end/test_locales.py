"""Files, words and output are UTF-8, byte for byte, whatever the locale says."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.harness import App

ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
"""Python without its own UTF-8 mode: as hard as a locale of one byte a sign."""


@pytest.fixture(scope="session")
def german(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a German terminal of the nineties; skipped where the system cannot make one."""
    if not shutil.which("localedef"):
        pytest.skip("no localedef(1): install 'locales' to test with a locale that is not UTF-8")
    folder = tmp_path_factory.mktemp("locales")
    subprocess.run(
        ["localedef", "-i", "de_DE", "-f", "ISO-8859-1", folder / "de_DE.iso88591"],
        check=False,
        capture_output=True,
    )
    found = {"LOCPATH": str(folder), "LC_ALL": "de_DE.iso88591"}
    encoding = subprocess.run(
        [sys.executable, "-c", "import sys; print(sys.getfilesystemencoding())"],
        env=found,
        check=False,
        capture_output=True,
        text=True,
    )
    if encoding.stdout.strip() != "iso8859-1":
        pytest.skip("localedef(1) has not what it needs: install 'locales'")
    return found


@pytest.fixture(params=["C", "ASCII", "de_DE.iso88591"])
def locale(request: pytest.FixtureRequest) -> dict[str, str]:
    known = {"C": {"LC_ALL": "C"}, "ASCII": ASCII}
    return known.get(request.param) or dict(request.getfixturevalue("german"))


def test_what_is_written_is_what_runs_and_what_is_printed(
    app: App, tmp_path: Path, locale: dict[str, str]
) -> None:
    folder = tmp_path / "été"
    folder.mkdir()
    (folder / "Procfile").write_text('web: printf \'%s\\n\' é "$WORD" "$OUTER"; exit 3\n')
    (folder / "clé.env").write_text("WORD='żółć'\n")
    (folder / "procman.yml").write_text("tasks: {greet: {command: \"printf '%s ' ä $WORD\", desc: zażółć}}\n")
    words = ("-d", "été", "-e", "été/clé.env")

    running = app.start("--no-timestamp", *words, env={**locale, "OUTER": "ü"})
    assert (running.end(), running.err.text) == (3, "")
    assert running.said_by("web.1") == ["é", "żółć", "ü"]
    assert (
        app.do("run", *words, "--", "printf", "%s", "ñ\udcff", env=locale).out == "ñ\N{REPLACEMENT CHARACTER}"
    )
    assert app.do("run", *words, "task", "greet", "--", "ł", env=locale).out == "ä żółć ł "

    listed = app.do("tasks", *words, env=locale)
    assert ("zażółć" in listed.out, listed.err) == (True, "")
    checked = app.do("check", *words, env=locale)
    assert ("printf '%s\\n' é" in checked.out, "été/clé.env" in checked.out, checked.err) == (True, True, "")
    wrong = app.do("start", "-f", "été/nié\udcff", env=locale)
    assert (wrong.code, "été/nié\\xff: no such file" in wrong.err) == (2, True), wrong.err
