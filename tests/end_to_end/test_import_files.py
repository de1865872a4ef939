"""Files as people have them: what `procman import --write` makes of each passes `procman check`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from procman.importing import sources
from tests.importing import everyfile

if TYPE_CHECKING:
    from tests.end_to_end.harness import App


@pytest.mark.parametrize("kind", sources.SOURCES)
def test_what_is_written_passes_check(app: App, kind: str) -> None:
    files = everyfile.of_kind(kind)
    for each in files:
        (app.root / each.name).parent.mkdir(parents=True, exist_ok=True)
        app.write(each.name, each.text)
    if kind == "foreman":  # procman reads that file itself, too, and these are named there
        app.write(".env", "A=1\n")
        app.write(".env.local", "B=2\n")
    named = ["--from", kind] if kind == "crontab-system" else []
    ended = app.do("import", *(each.name for each in files), *named, "--write")
    assert ended.code == 0, ended.err
    assert everyfile.SECRET not in ended.err
    assert all(line.startswith("procman: ") for line in ended.err.splitlines())
    if not (app.root / "Procfile").exists():  # it is there where these options are
        types = "".join(f"{name}: true\n" for name in ("web", "worker", "clock", "assets", "css"))
        app.write("Procfile.dev" if kind in ("overmind", "foreman") else "Procfile", types)
    checked = app.do("check")
    assert checked.code == 0, checked.err
    assert checked.out.startswith("valid ")
