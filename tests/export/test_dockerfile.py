"""The Dockerfile, read by a small reader of instructions (Dockerfile reference, "Format", "Exec form")."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import procman
from procman.errors import UserError
from procman.export.containers import dockerfile
from tests.export.hostile import EXAMPLES, texts
from tests.export.plans import SHOP, TASKS_YML, Exported, export, plan

INSTRUCTIONS = {"FROM", "WORKDIR", "ENV", "COPY", "RUN", "USER", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK", "CMD"}
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
    assert arguments(found, "USER") == ["1000"]
    assert arguments(found, "RUN")[-1] == (
        "useradd --uid 1000 --create-home shop && install -d -o shop -m 700 -- .procman"
    )
    assert arguments(found, "STOPSIGNAL") == ["SIGTERM"]
    (health,) = arguments(found, "HEALTHCHECK")
    assert json.loads(health.partition(" CMD ")[2]) == ["procman", "ps", "--ready"]
    assert "ENV" not in {word for word, _ in instructions(found)}
    assert arguments(found, "RUN")[2] == f"pip install --no-cache-dir procman-cli=={procman.__version__}"


def test_a_store_on_a_server_has_its_driver_in_the_image() -> None:
    install = arguments(exported(on_server=True), "RUN")[2]
    assert shlex.split(install)[-1] == f"procman-cli[postgres]=={procman.__version__}"


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
            "-e",
            "/dev/null",
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
    assert ignored == [*(".env", ".git", ".procman", ".venv", r"etc/\[x\]\*.env", "compose.yml", "shop.yaml")]
    assert "set -- .env 'etc/[x]*.env' compose.yml shop.yaml; for file; do" in arguments(found, "RUN")[0]
    assert sum("is not copied into the image" in note for note in found.notes) == 3


def test_who_cannot_be_user_of_an_image_is_called_app() -> None:
    for user in ("Web.Master", "web.master", None, "root", "www-data", "staff"):
        assert "--create-home app &&" in arguments(exported(user=user), "RUN")[-1]


def test_a_long_stop_is_told_to_docker() -> None:
    found = exported("processes: {worker: {timeout: 1m}}\n", folder="/out")
    assert "docker run --stop-timeout 62\n" in found.text("Dockerfile")
    assert found.export.then == (
        "DOCKER_BUILDKIT=1 docker build -t shop -f /out/Dockerfile /srv/shop",
        "docker run --rm shop procman run release",
        "docker run --rm --stop-timeout 62 shop",
    )


def test_what_is_typed_next_can_be_pasted_into_a_shell() -> None:
    then = exported(root="/srv/my shop", folder="/srv/out files").export.then
    assert shlex.split(then[0])[-3:] == ["-f", "/srv/out files/Dockerfile", "/srv/my shop"]


def test_tasks_are_inside_and_what_is_known_of_them_outlives_the_container() -> None:
    found = exported(TASKS_YML)
    assert found.export.scheduled == ()
    assert arguments(found, "ENV") == ["PROCMAN_ROOT=/app"]
    assert arguments(found, "RUN")[-1].endswith(" -- .procman /var/lib/procman")
    assert found.export.then[-1] == "docker run --rm --volume shop:/app/.procman shop"


@pytest.mark.parametrize(
    ("state", "made", "volume", "ignored"),
    [
        ("/srv/shop/var/my state", "'var/my state'", "'shop:/app/var/my state'", "var/my?state"),
        ("/var/lib/shop", "/var/lib/shop", "shop:/var/lib/shop", None),
    ],
)
def test_a_state_elsewhere_is_made_there_too(state: str, made: str, volume: str, ignored: str | None) -> None:
    found = exported(TASKS_YML, place={"PROCMAN_STATE": state})
    assert arguments(found, "RUN")[-1].endswith(f" -- {made} /var/lib/procman")
    assert found.export.then[-1] == f"docker run --rm --volume {volume} shop"
    assert found.text("Dockerfile.dockerignore").splitlines()[7:] == [ignored] * bool(ignored)


@pytest.mark.parametrize(
    ("said", "period"),
    [
        ("", 60),
        ("processes: {web: {ready: {log: up, within: 59s}}}\n", 60),
        ("processes: {web: {ready: {log: up, within: 89.5s}}, worker: {ready: {tcp: 1, within: 1m}}}\n", 150),
    ],
)
def test_nobody_is_unhealthy_before_all_had_their_time_to_be_ready(said: str, period: int) -> None:
    (health,) = arguments(exported(said), "HEALTHCHECK")
    assert f" --start-period={period}s " in health


def test_folders_of_this_machine_are_none_there() -> None:
    assert exported(log="/var/log/shop", run="/run/shop").notes == [
        "'log: /var/log/shop' is no folder there: 'docker logs' shows what was written",
        "'run: /run/shop' is no folder there: nothing needs pid files",
    ]


def test_a_port_is_told_once() -> None:
    said = "processes: {web: {ready: {tcp: 6379}}, worker: {ready: {tcp: 6379}}}\n"
    assert arguments(exported(said), "EXPOSE") == ["5000", "6379"]


@pytest.mark.parametrize("name", ["#a", "!a"])
def test_no_name_is_taken_for_something_else(name: str) -> None:
    found = exported(env_files=(f"/srv/shop/{name}",))
    assert f"/{name}" in found.text("Dockerfile.dockerignore").splitlines()


@pytest.mark.parametrize(
    "fields",
    [
        {"env_files": ("/srv/shop/a\nb",)},
        {"place": {"PROCMAN_STATE": "/srv/shop/a\nb"}},
        {"typed": ("-f", "/srv/shop/a\nb")},
    ],
)
def test_a_path_with_a_line_end_is_a_mistake(fields: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="has a line end in its name"):
        exported(**fields)


def test_what_procman_cannot_do_there_is_told() -> None:
    found = exported("processes: {web: {user: somebody}, worker: {cwd: ../other}}\n")
    assert any(note.startswith("web: 'user: somebody' is not possible there") for note in found.notes)
    assert any(note.startswith("worker: 'cwd: /srv/shop/../other' is outside") for note in found.notes)
    assert not any("cwd" in note for note in exported("processes: {worker: {cwd: ..in}}\n").notes)


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
