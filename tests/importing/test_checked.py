"""What procman would refuse is taken out of what was found, and told where it stood; the rest stays."""

from __future__ import annotations

import os
import shlex
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procman.core.config import yamltree
from procman.core.config.yamltree import Mapping, Scalar
from procman.importing import checked, written
from procman.importing.found import Found
from tests.importing.samples import lost, place

if TYPE_CHECKING:
    from procman.errors import Problem

EXAMPLES = int(os.environ.get("PROCMAN_EXAMPLES", "200"))


def found_in(source: str = "file") -> Found:
    """Nothing yet, of a file."""
    return Found(place()).of(source)


def test_what_is_right_stays_as_it_is() -> None:
    found = found_in()
    found.process("web", "./web", {"restart": "always", "depends_on": ["db"]})
    found.process("db", "./db", {"ready": {"tcp": "port"}})
    found.task("t", "./t", {"schedule": ["@daily", "every 5m"], "timeout": "1m"})
    found.env["A"] = "it's \\ $X\nb"
    before = {**found.processes}, {**found.tasks}, {**found.env}
    checked.check(found)
    assert (found.processes, found.tasks, found.env) == before
    assert lost(found) == []


def test_one_bad_key_among_many_is_told_with_its_line() -> None:
    found = found_in("a")
    for number in range(5):
        found.task(f"t{number}", "./t", {"schedule": "@daily" if number != 3 else "@dayly"}, line=10 + number)
    found.process("web", "./web", {"nice": 99, "umask": "022"}, line=3)
    found.of("b")
    checked.check(found)
    assert lost(found) == [
        "a:3: web: nice: '99' is not a whole number from -20 to 19",
        "a:13: t3: schedule: '@dayly' is not known, did you mean '@daily'?",
    ]
    assert found.processes["web"] == {"command": "./web", "umask": "022"}
    assert found.tasks["t3"] == {"command": "./t"}
    assert found.tasks["t4"] == {"command": "./t", "schedule": "@daily"}


def test_keys_that_make_no_sense_together_are_told() -> None:
    found = found_in()
    found.process("web", "./web", {"oneshot": True, "restart": "always"})
    checked.check(found)
    assert found.processes["web"] == {"command": "./web", "oneshot": True}
    assert len(lost(found)) == 1


def test_a_command_that_no_procfile_can_hold_is_told() -> None:
    found = found_in()
    found.process("web", "caf\udce9", line=7)
    found.process("two", "one\ntwo 'x'", line=8)
    checked.check(found)
    assert [*found.processes] == ["two"]
    assert lost(found) == ["file:7: web: not UTF-8 text (byte 0xe9 in column 9)"]
    assert "\n" not in found.processes["two"]["command"]


def test_a_variable_that_dotenv_cannot_hold_is_told_without_its_value() -> None:
    found = found_in()
    found.env |= {"A": "1", "B": "secret\udce9", "C": "secret\r", "D D": "secret"}
    checked.check(found)
    assert found.env == {"A": "1"}
    named = [line.split(": ")[1] for line in lost(found)]
    assert named == ["variable B", "variable C", "variable D D"]
    assert "secret" not in "".join(lost(found))


def test_what_is_not_there_is_not_waited_for() -> None:
    found = found_in()
    found.process("web", "./web", {"depends_on": ["db", "redis"]}, line=4)
    found.process("redis", "./redis", {"restart": "never"})
    checked.check(found)
    assert found.processes["web"]["depends_on"] == ["redis"]
    assert lost(found) == ["file:4: web: it depends on 'db', which is no process here"]


def test_what_is_said_of_a_type_without_a_command_is_told_where_a_procfile_is_written() -> None:
    found = found_in()
    found.process("web", "./web", line=1)
    found.setting("mail", "restart", "never", 7)
    checked.check(found)
    assert found.settings == {}
    assert lost(found) == ["file:7: mail: no file says what it runs: nothing is made of what is said of it"]


def test_settings_of_a_type_elsewhere_are_written_and_checked() -> None:
    found = found_in()
    found.settings = {"web": {"restart": "always"}, "worker": {"restart": "maybe", "autostart": False}}
    checked.check(found)
    assert written.procman_yml(found) == (
        "processes:\n  web:\n    restart: always\n  worker:\n    autostart: false\n"
    )
    assert len(lost(found)) == 1


def test_what_is_gathered_is_put_together_once_all_files_are_read() -> None:
    seen: list[tuple[str, Any]] = []
    found = found_in("a")

    def finish(_: Found, items: list[tuple[str, Any]]) -> None:
        seen.extend(items)

    found.gather(finish, 1)
    found.of("b").gather(finish, 2)
    assert seen == []
    found.finish()
    found.finish()
    assert seen == [("a", 1), ("b", 2)]


def test_what_is_told_is_in_the_order_of_files_and_lines_and_said_once() -> None:
    found = found_in("b")
    found.lose(None, "all")
    found.lose(7, "x")
    found.of("a").lose(1, "y")
    found.of("b").lose(2, "z")
    found.lose(7, "x")
    assert lost(found) == ["b:2: z", "b:7: x", "b: all", "a:1: y"]


@given(text=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
@settings(max_examples=EXAMPLES, deadline=None)
def test_any_text_is_written_so_that_it_is_read_as_the_same(text: str) -> None:
    problems: list[Problem] = []
    root = yamltree.parse(written.dump({"a": [text], "b": {"c": text}, "d": text}).encode(), "", problems)
    assert problems == []
    below = root.entries["b"].value
    assert isinstance(below, Mapping)
    for node in (root.entries["d"].value, below.entries["c"].value):
        assert isinstance(node, Scalar)
        assert node.text == text


def test_what_comes_twice_is_written_twice() -> None:
    same = ["x"]
    assert written.dump({"a": same, "b": same}) == "a: [x]\nb: [x]\n"


@pytest.mark.parametrize(
    ("command", "line"),
    [
        ("./web\n", "./web"),
        ("a\nb 'c'", "eval \"$(printf '%s\\n' a 'b '\"'\"'c'\"'\"'')\""),
        ("bash -c 'a\nb'", "bash -c \"$(printf '%s\\n' a b)\""),
        ("/bin/bash -c 'a\nb\n'", "/bin/bash -c \"$(printf '%s\\n' a b)\""),
        ("bash -c 'a\nb' c", "eval \"$(printf '%s\\n' 'bash -c '\"'\"'a' 'b'\"'\"' c')\""),
        ('bash -c "a\nb"', "eval \"$(printf '%s\\n' 'bash -c \"a' 'b\"')\""),
        ("bash -c 'a\nb", "eval \"$(printf '%s\\n' 'bash -c '\"'\"'a' b)\""),
    ],
)
def test_a_script_is_one_line(command: str, line: str) -> None:
    assert checked.one_line(command) == line


@given(st.lists(st.text(st.sampled_from("ab $'\"\\%;#"), max_size=5), min_size=2, max_size=4))
@settings(max_examples=min(EXAMPLES, 400), deadline=None)
def test_what_a_script_says_is_what_the_shell_gets(lines: list[str]) -> None:
    script = "\n".join(["printf %s \"$0\"; cat <<'X--'", *lines, "X--"])
    for command in (script, shlex.join(["bash", "-c", script])):
        outputs = [
            subprocess.run(["/bin/sh", "-c", each], capture_output=True, check=False).stdout.split(b"\n", 1)[
                -1
            ]
            for each in (command, checked.one_line(command))
        ]
        assert outputs[0] == outputs[1]
