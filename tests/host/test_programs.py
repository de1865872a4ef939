"""Where this process is, for PWD."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from procman.host.programs import folder

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_folder_keeps_the_name_that_leads_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "release").mkdir()
    (tmp_path / "current").symlink_to("release")
    monkeypatch.chdir(tmp_path / "current")
    real = os.path.realpath(tmp_path / "release")
    assert folder(f"{tmp_path}/current") == f"{tmp_path}/current"
    assert [folder(known) for known in (None, "", "current", ".", str(tmp_path), "/missing")] == [real] * 6
