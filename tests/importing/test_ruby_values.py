"""Ruby's values: what Psych makes of a word, and literals that Ruby reads back; against Ruby itself."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procman.core.config import yamltree
from procman.core.config.yamltree import Mapping, Scalar
from procman.errors import Problem, UserError
from procman.importing.ruby import initializer, jobs
from procman.importing.ruby import values as rubyvalues
from procman.importing.ruby.values import Code, Symbol
from tests.importing.ruby import each_line, needs_ruby

EXAMPLES = int(os.environ.get("PROCMAN_EXAMPLES", "200"))
BATCH = 20


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("~", None),
        ("null", None),
        ("yes", True),
        ("Off", False),
        ("42", 42),
        ("-1.50", -1.5),
        (":name", Symbol("name")),
        ("nil", "nil"),
        ("y", "y"),
        ("contributors", "contributors"),
        ("a:b", "a:b"),
        ("1st", "1st"),
    ],
)
def test_a_plain_word(word: str, value: Any) -> None:
    found = rubyvalues.of(Scalar(word, 1))
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    "word", ["012", "0x1f", "1_000", "1e3", ".5", "12:30", "2024-01-01", ".inf", "::X", "1,5"]
)
def test_a_word_of_which_it_is_not_sure_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match="not sure"):
        rubyvalues.of(Scalar(word, 1))
    assert rubyvalues.of(Scalar(word, 1, quoted=True)) == word


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "nil"),
        (True, "true"),
        (-3, "-3"),
        (1.5, "1.5"),
        ('a "b" #{c} \\ \n é', '"a \\"b\\" \\#{c} \\\\ \\n \\u{e9}"'),
        (Symbol("name"), ":name"),
        (Symbol("a b"), ':"a b"'),
        ([1, ["x"]], '[1, ["x"]]'),
        ({"a": 1, Symbol("b"): 2, Symbol("if"): 3, Symbol("c d"): 4}, '{"a" => 1, b: 2, if: 3, "c d": 4}'),
        (Code("Time.now"), "Time.now"),
    ],
)
def test_a_literal(value: Any, text: str) -> None:
    assert rubyvalues.literal(value) == text


@pytest.mark.parametrize("value", [float("inf"), float("nan"), "\ud800"])
def test_what_ruby_has_no_literal_for(value: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        rubyvalues.literal(value)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.text(
    "'\"\\#{}$@%`!;&\n\t", max_size=10
)
NUMBERS = st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@needs_ruby
@settings(max_examples=max(1, EXAMPLES // BATCH), deadline=None)
@given(st.lists(VALUES, min_size=BATCH, max_size=BATCH))
def test_ruby_reads_each_literal_back(values: list[Any]) -> None:
    lines = [rubyvalues.literal(value) for value in values]
    assert each_line("[eval(l)]", lines) == [[value] for value in values]


@settings(max_examples=EXAMPLES, deadline=None)
@given(VALUES)
def test_what_is_written_is_read_back_here(value: Any) -> None:
    text = f"config.good_job.cron = {{ 'x' => {rubyvalues.literal([value])} }}"
    try:
        entry = initializer.read(text.encode(), "x.rb").entries["x"]
        assert rubyvalues.of(entry.value) == [value]
    except UserError as error:
        assert '":' in text
        assert "no plain key" in str(error)  # noqa: PT017
    except ValueError as error:  # what is certain in Ruby need not be in YAML
        assert "not sure" in str(error) or "e" in text.partition("=>")[2]  # noqa: PT017  (1e+16)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(VALUES, max_size=3), st.dictionaries(TEXTS, VALUES, max_size=3))
def test_a_command_is_four_words_for_the_shell_and_ascii(args: list[Any], keywords: dict[str, Any]) -> None:
    command = jobs.Call("A::B", "perform_later", args, keywords, {"queue": "low"}).command()
    program, runner, code = shlex.split(command)
    assert (program, runner) == ("bin/rails", "runner")
    assert code.startswith('A::B.set(queue: "low").perform_later')
    assert command.isascii()
    assert "\n" not in command


CALLS = st.tuples(st.lists(VALUES, max_size=2), st.dictionaries(TEXTS, VALUES, max_size=2))


@needs_ruby
@settings(max_examples=max(1, EXAMPLES // BATCH), deadline=None)
@given(st.lists(CALLS, min_size=5, max_size=5))
def test_the_shell_and_ruby_hand_over_the_same_arguments(
    calls: list[tuple[list[Any], dict[str, Any]]],
) -> None:
    """`bin/rails runner` is stood in for by one that says what its job was given."""
    stub = (
        "require 'json'; class Job; def self.set(**o) self end;"
        " def self.perform_later(*a, **k) STDOUT.puts JSON.generate([a, k]) end end; eval(ARGV[0])"
    )
    for args, keywords in calls:
        command = jobs.Call("Job", "perform_later", args, keywords, {"queue": "a b"}).command()
        script = command.replace(jobs.RUNNER, 'ruby -e "$STUB"', 1)
        surroundings = {"STUB": stub, "PATH": os.environ["PATH"]}
        done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, env=surroundings, check=True)
        (found,) = done.stdout.decode().split("\n")[:-1]
        assert json.loads(found) == [args, keywords]


WORDS = st.text("0123456789-+._:,eExobTZ ~aAnulystrfNIF'", min_size=1, max_size=6).map(
    str.strip
) | st.sampled_from(
    "null NULL ~ yes Yes on OFF true 1_000 0o7 017 0x1f 1e3 .5 1. -0 +5 12:30 2024-01-01 .inf :foo :Foo! :x-y"
    " 1,000 0.10 08 a:b 1a 5m 10.0.0.1 = n y".split()
)
LOADED = "v = (Psych.unsafe_load('x: ' + l)['x'] rescue nil)"
CLASS = f"({LOADED}; [v.class.to_s, v.is_a?(Float) && !v.finite? ? 0 : v])"


def node(word: str) -> Scalar | None:
    """The word as YAML has it, where it is one."""
    problems: list[Problem] = []
    try:
        tree = yamltree.parse_any(f"x: {word}".encode(), "", problems)
    except UserError:
        return None
    entry = tree.entries.get("x") if isinstance(tree, Mapping) else None
    return entry.value if entry and isinstance(entry.value, Scalar) and not problems else None


@needs_ruby
@settings(max_examples=max(1, EXAMPLES // BATCH), deadline=None)
@given(st.lists(WORDS, min_size=BATCH, max_size=BATCH))
def test_a_word_is_what_psych_makes_of_it(words: list[str]) -> None:
    nodes = {word: found for word in words if (found := node(word)) and not found.quoted}
    for word, (kind, theirs) in zip(nodes, each_line(CLASS, [*nodes], "-rpsych", "-rdate"), strict=True):
        try:
            ours = rubyvalues.of(nodes[word])
        except ValueError:
            continue
        name = "Symbol" if isinstance(ours, Symbol) else KINDS[type(ours)]
        assert (name, ours) == (kind.replace("FalseClass", "TrueClass"), theirs), word


KINDS = {str: "String", int: "Integer", float: "Float", bool: "TrueClass", type(None): "NilClass"}
