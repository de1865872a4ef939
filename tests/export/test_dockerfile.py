"""The Dockerfile, read by a small reader of instructions (Dockerfile reference, "Format", "Exec form")."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procman.errors import UserError
from procman.export.containers import dockerfile
from tests.export.hostile import EXAMPLES, texts
from tests.export.plans import SHOP, TASKS_YML, Exported, export, plan

INSTRUCTIONS = {"FROM", "WORKDIR", "COPY", "RUN", "USER", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK", "CMD"}
PAGE = (Path(__file__).parents[2] / "docs" / "production.md").read_text()


def exported(yml: str = "", **fields: Any) -> Exported:
    return export("dockerfile", plan(SHOP, yml, **fields))


def instructions(found: Exported) -> list[tuple[str, str]]:
    """All instructions with their arguments. None of ours goes on in a second line."""
    lines = [line for line in found.text("Dockerfile").splitlines() if line and line[0] != "#"]
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines)]


def arguments(found: Exported, wanted: str) -> list[str]:
    return [rest for word, rest in instructions(found) if word == wanted]


def command(found: Exported) -> list[str]:
    (rest,) = arguments(found, "CMD")
    return [*json.loads(rest)]


def test_procman_start_is_the_first_process_and_not_root() -> None:
    found = exported()
    assert {word for word, _ in instructions(found)} <= INSTRUCTIONS
    assert instructions(found)[0] == ("FROM", "python:3.13-slim")
    assert command(found) == ["procman", "start", "--no-timestamp", "-t", "5"]
    assert arguments(found, "USER") == ["shop"]
    assert arguments(found, "STOPSIGNAL") == ["SIGTERM"]
    (health,) = arguments(found, "HEALTHCHECK")
    assert json.loads(health.partition(" CMD ")[2]) == ["procman", "ps", "--ready"]


def test_it_is_of_the_shape_that_the_manual_has() -> None:
    (page,) = re.findall(r"^```dockerfile\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    wanted = [line.split()[0] for line in page.splitlines()]
    found = [word for word, _ in instructions(exported()) if word != "STOPSIGNAL"]
    assert {*wanted} == {*found}
    assert [word for word in found if word not in ("COPY", "RUN")] == [
        word for word in wanted if word not in ("COPY", "RUN")
    ]
    image = next(line for line in page.splitlines() if line.startswith("FROM"))
    assert ("FROM", image.removeprefix("FROM ")) in instructions(exported())


def test_options_that_mean_something_there_go_with_it() -> None:
    typed = (
        "-d",
        "/srv/shop",
        "-f",
        "/srv/shop/etc/Procfile.web",
        "-e",
        "/srv/shop/.env",
        "-m",
        "web=2",
        "-p",
        "80",
    )
    assert command(exported(typed=typed, timeout=2.5)) == [
        *(
            "procman",
            "start",
            "--no-timestamp",
            "-f",
            "etc/Procfile.web",
            "-m",
            "web=2",
            "-p",
            "80",
            "-t",
            "2.5",
        )
    ]


def test_a_procfile_outside_is_a_mistake() -> None:
    with pytest.raises(UserError, match="/srv/Procfile: is outside of the app's folder"):
        exported(typed=("-f", "/srv/Procfile"))


def test_ports_that_others_come_to_are_told() -> None:
    assert arguments(exported(), "EXPOSE") == ["5000"]
    assert arguments(exported("processes: {worker: {port: 7000}}\n"), "EXPOSE") == ["5000", "7000"]


def test_no_value_of_a_variable_is_in_it_and_the_files_are_not_copied() -> None:
    found = exported(
        env={"SECRET": "hidden"}, env_files=("/srv/shop/.env", "/srv/shop/etc/[x]*.env", "/etc/env")
    )
    assert "hidden" not in "".join(file.text for file in found.files.values())
    ignored = found.text("Dockerfile.dockerignore").splitlines()[1:]
    assert ignored == ["/.env", "/.git", "/.procman", "/.venv", r"/etc/\[x\]\*.env"]
    assert "for file in .env 'etc/[x]*.env'; do" in arguments(found, "RUN")[0]
    assert sum("is not copied into the image" in note for note in found.notes) == 3


def test_who_cannot_be_user_of_an_image_is_called_app() -> None:
    assert arguments(exported(user="Web.Master"), "USER") == ["app"]
    assert arguments(exported(user=None), "USER") == ["app"]


def test_a_long_stop_is_told_to_docker() -> None:
    found = exported("processes: {worker: {timeout: 1m}}\n", folder="/out")
    assert "docker run --stop-timeout 62\n" in found.text("Dockerfile")
    assert found.export.then[-1] == "docker run --rm --stop-timeout 62 shop"
    assert found.export.then[0].endswith("docker build -t shop -f /out/Dockerfile /srv/shop")


def test_tasks_are_inside() -> None:
    assert exported(TASKS_YML).export.scheduled == ()


def test_what_procman_cannot_do_there_is_told() -> None:
    found = exported("processes: {web: {user: somebody}, worker: {cwd: ../other}}\n")
    assert any(note.startswith("web: 'user: somebody' is not possible there") for note in found.notes)
    assert any(note.startswith("worker: 'cwd: /srv/shop/../other' is outside") for note in found.notes)


@given(st.lists(texts()))
@settings(max_examples=EXAMPLES, deadline=None)
def test_words_of_the_exec_form_are_json(values: list[str]) -> None:
    found = dockerfile.words(values)
    assert json.loads(found) == values
    assert "\n" not in found
    assert not found.endswith("\\")


def test_bytes_that_are_no_letters_are_a_mistake() -> None:
    with pytest.raises(UserError, match="not UTF-8"):
        dockerfile.words(["\udcff"])
