"""Colours: of prefixes, by type, and of children."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.end_to_end.harness import App

STAY = "; exec sleep 1000"
IN_ORDER = [36, 33, 32, 35, 31, 34, 96, 93, 92, 95, 91, 94]
"""Cyan, yellow, green, magenta, red, blue, then bright."""


def test_each_type_has_its_colour_in_the_order_of_the_procfile(app: App) -> None:
    names = [f"type{index}" for index in range(13)]
    app.procfile(**dict.fromkeys(names, "echo hello" + STAY))
    running = app.start("--color", "always")
    colours = [int(running.wait_for(rf"^\x1b\[(\d+)m\S+ {name}\.1 ")[1]) for name in names]
    running.stop()
    assert colours == [*IN_ORDER, IN_ORDER[0]]


def test_instances_of_a_type_share_its_colour_and_types_not_started_keep_theirs(app: App) -> None:
    app.procfile(web="true", other="true", worker="echo hello" + STAY)
    running = app.start("--color", "always", "-m", "worker=2")
    for name in ("worker.1", "worker.2"):
        assert running.wait_for(rf"^\x1b\[(\d+)m\S+ {name} ")[1] == b"32"
    running.stop()


def test_the_prefix_is_coloured_and_reset_before_the_text(app: App) -> None:
    app.procfile(web="echo hello")
    ended = app.do("start", "--color", "always")
    assert re.search(r"^\x1b\[36m\d\d:\d\d:\d\d web\.1  \| ?\x1b\[0m ?hello$", ended.out, re.MULTILINE)


@pytest.mark.parametrize(
    ("words", "env", "coloured"),
    [
        ((), {}, False),
        ((), {"FORCE_COLOR": "1"}, True),
        ((), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ((), {"NO_COLOR": ""}, False),
        (("--color", "always"), {"NO_COLOR": "1"}, True),
        (("-c",), {}, True),
        (("--color", "never"), {"FORCE_COLOR": "1"}, False),
        (("--color", "auto"), {"FORCE_COLOR": "1"}, True),
    ],
)
def test_on_a_pipe(app: App, words: tuple[str, ...], env: dict[str, str], coloured: bool) -> None:
    app.procfile(web="echo hello")
    assert ("\x1b[" in app.do("start", *words, env=env).out) is coloured


@pytest.mark.parametrize(
    ("words", "env", "coloured"),
    [
        ((), {}, True),
        ((), {"NO_COLOR": "1"}, False),
        ((), {"NO_COLOR": ""}, True),
        (("--color", "always"), {"NO_COLOR": "1"}, True),
        (("--color", "never"), {}, False),
    ],
)
def test_on_a_terminal(app: App, words: tuple[str, ...], env: dict[str, str], coloured: bool) -> None:
    app.procfile(web="echo hello")
    running = app.on_terminal("start", *words, env=env)
    assert running.end() == 0
    assert bool(re.search(r"\x1b\[36m\S+ web.1", running.out.text)) is coloured


def test_the_colour_of_a_child_does_not_bleed_into_the_next_line(app: App) -> None:
    app.procfile(web=r"printf '\033[31mred\nplain\n\033[1;32mclosed\033[0m\nlast\n'")
    ended = app.do("start", "--no-timestamp")
    assert "web.1  | \x1b[31mred\x1b[0m\nweb.1  | plain\n" in ended.out
    assert "web.1  | \x1b[1;32mclosed\x1b[0m\nweb.1  | last\n" in ended.out


def test_the_colour_of_an_unterminated_last_line_does_not_bleed_either(app: App) -> None:
    app.procfile(web=r"printf '\033[31mred'")
    assert "web.1  | \x1b[31mred\x1b[0m\n" in app.do("start", "--no-timestamp").out


def test_the_colour_of_a_prompt_does_not_bleed_into_the_line_of_another(app: App) -> None:
    app.procfile(
        web=r"printf '\033[31mname? '" + STAY,
        worker="while [ ! -e go ]; do sleep 0.02; done; echo other" + STAY,
    )
    running = app.start("--no-timestamp")
    asked = running.wait_for(r"name\? ")
    app.write("go", "")
    other = running.wait_for(r"worker.1 +\| other")
    assert b"\x1b[0m" in running.out.data[asked.end() : other.start()]
    running.stop()
