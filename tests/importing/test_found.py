"""What is gathered of several files: what was said first stays, what is lost is told once, in its place."""

from __future__ import annotations

from procman.importing.found import Found, Line
from tests.importing.samples import gather, lost, place


def test_what_a_line_says_of_several_in_the_same_words_is_said_once() -> None:
    found = Found(place()).of("a")
    for name in ("web", "worker", "web"):
        found.lose(4, f"{name}: build: nothing is built")
    found.lose(4, "web: build: something else")
    found.lose(5, "web: build: nothing is built")
    found.lose(None, "x: all")
    found.lose(None, "y: all")
    assert lost(found) == [
        "a:4: web, worker: build: nothing is built",
        "a:4: web: build: something else",
        "a:5: web: build: nothing is built",
        "a: x: all",
        "a: y: all",
    ]


def test_no_sentence_is_longer_than_people_read() -> None:
    found = Found(place()).of("a")
    for number in range(10):
        found.lose(1, f"web{number}: too much")
    found.lose(2, "x" * 2000)
    names = ", ".join(f"web{number}" for number in range(8))
    assert lost(found) == [f"a:1: {names} and 2 more: too much", f"a:2: {'x' * 997}..."]


def test_a_line_may_be_of_another_file() -> None:
    found = Found(place()).of("a")
    found.lose(Line.of(7, "b"), "there")
    found.process("web", "./web", {"nice": 99}, Line.of(8, "b"))
    found.of("c").lose_of("web", "here")
    assert lost(found) == ["b:7: there", "b:8: web: here"]


def test_what_was_said_first_stays_and_the_other_is_told() -> None:
    found = Found(place()).of("a")
    found.option("port", 3000, 1)
    found.setting("web", "restart", "never", 2)
    assert found.variable("A", "1", 3)
    found.of("b")
    found.option("port", 3000, 4)
    found.option("port", 4000, 5)
    found.setting("web", "restart", "always", 6)
    assert found.variable("A", "1", 7)
    assert not found.variable("A", "2", 8)
    assert (found.start, found.settings, found.env) == (
        {"port": 3000},
        {"web": {"restart": "never"}},
        {"A": "1"},
    )
    assert lost(found) == [
        "b:5: port: it has another value already, which stays",
        "b:6: web: restart: it has another value already, which stays",
    ]
    found.lose_variable("A", "no")
    found.lose_option("port", "no")
    assert (found.start, found.env) == ({}, {})
    assert {"a:3: variable A: no", "a:1: port: no"} <= {*lost(found)}


def test_a_variable_that_two_files_set_is_set_for_each_process() -> None:
    one = ("a.conf", '[supervisord]\nenvironment=LEVEL="high"\n[program:a]\ncommand=a\n')
    two = ("b.conf", '[supervisord]\nenvironment=LEVEL="low"\n[program:b]\ncommand=b\n')
    found = gather(one, two, kind="supervisord")
    assert found.env == {"LEVEL": "high"}
    assert "env" not in found.processes["a"]
    assert found.processes["b"]["env"] == {"LEVEL": "low"}


def test_a_variable_that_two_files_set_is_told_where_no_process_is() -> None:
    found = gather((".overmind.env", "A=1\n"), ("x/.overmind.env", "# c\nA=2\n"))
    assert found.env == {"A": "1"}
    assert lost(found) == ["x/.overmind.env:2: A: it has another value already, which stays"]
    found = gather((".overmind.env", "A=1\n"), ("app.json", '{"env": {\n"A": "2"}}'))
    assert lost(found) == ["app.json:2: env: A: it has another value already, which stays"]
