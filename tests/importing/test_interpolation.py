"""The `$` of compose files means the same behind the shell: asked of podman-compose and of sh."""

from __future__ import annotations

import importlib
import os
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procman.importing.compose import interpolation

podman_compose = importlib.import_module("podman_compose")  # it has no types
EXAMPLES = int(os.environ.get("PROCMAN_EXAMPLES", "200"))
KNOWN = {"SET": "a value", "EMPTY": "", "QUOTES": 'it\'s "so" $HOME `x` \\ *'}
NAMES = st.sampled_from([*KNOWN, "UNSET"])
TEXTS = st.text(st.sampled_from(list("ab Z09'\"\\`#*~;&|()<>!=:-+?%\n\t§ü")), max_size=8)
PLAIN = st.tuples(NAMES, st.sampled_from(["${%s}", "$%s "])).map(lambda pair: pair[1] % pair[0])


def operators(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operands = st.lists(TEXTS | inner | st.just("$$"), max_size=3).map("".join)
    signs = st.sampled_from([":-", "-", ":+", "+"])
    return st.tuples(NAMES, signs, operands).map(lambda each: "${{{}{}{}}}".format(*each))


REFERENCES = st.recursive(PLAIN, operators, max_leaves=3)
VALUES = st.lists(TEXTS | REFERENCES | st.just("$$"), max_size=5).map("".join)


def printed(line: str) -> list[str]:
    """The words that a line has printed, each followed by NUL."""
    environment = {**KNOWN, "PATH": os.environ["PATH"]}
    done = subprocess.run(["/bin/sh", "-c", line], env=environment, capture_output=True, check=True)
    return done.stdout.decode().split("\0")[:-1]


@given(VALUES)
@settings(max_examples=min(EXAMPLES, 400), deadline=None)
def test_a_quoted_value_is_what_compose_would_have_made_of_it(text: str) -> None:
    word = interpolation.quoted(interpolation.read(text))
    assert printed(f"printf '%s\\0' {word}") == [podman_compose.var_interpolate(text, KNOWN)]


@given(VALUES)
@settings(max_examples=EXAMPLES, deadline=None)
def test_without_any_variable_the_defaults_are_left(text: str) -> None:
    assert interpolation.assumed(interpolation.read(text)) == podman_compose.var_interpolate(text, {})


@given(st.text(st.sampled_from(list("ab$'\" {}:-")), max_size=20))
@settings(max_examples=EXAMPLES, deadline=None)
def test_a_text_is_read_or_refused_with_a_sentence(text: str) -> None:
    try:
        template = interpolation.read(text)
    except ValueError:
        template = (text,)
    assert interpolation.quoted(template)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("puma -p ${PORT:-3000}", "puma -p ${PORT:-3000}"),
        ("puma -p $PORT -b 'a b'", "puma -p \"$PORT\" -b 'a b'"),
        ("puma -b tcp://$HOST:80", "puma -b tcp://$HOST:80"),
        ("sh -c 'echo $$X $Y'", "echo $X $Y"),
        ("sh -c \"echo '$Y'\"", "echo ''\"$Y\"''"),
        ("sh -c 'echo \"${Y}z\"'", 'echo "${Y}z"'),
        ("sh -c 'echo ${Y:-a b}'", 'echo "${Y:-a b}"'),
        ("echo $$HOME", "echo '$HOME'"),
        ("", ""),
    ],
)
def test_a_command_that_is_a_text_becomes_a_line(text: str, line: str) -> None:
    words, split = interpolation.words(interpolation.read(text))
    assert interpolation.line(words, split) == line


@given(st.lists(VALUES, min_size=1, max_size=4))
@settings(max_examples=min(EXAMPLES, 300), deadline=None)
def test_words_of_a_list_reach_the_program_each_as_one(texts: list[str]) -> None:
    words = [interpolation.read(text) for text in ["printf", "%s\\0", *texts]]
    assert printed(interpolation.line(words)) == [
        podman_compose.var_interpolate(text, KNOWN) for text in texts
    ]


@pytest.mark.parametrize("text", ["${", "${}", "${1}", "${A", "${A:}", "${A/x/y}", "${A:-${B}"])
def test_braces_without_a_variable_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\$"):
        interpolation.read(text)


def test_a_text_is_cut_at_signs_that_are_not_in_a_variable() -> None:
    parts = interpolation.cut(interpolation.read("${DATA:-./data}:/var/lib:ro"), ":")
    assert [interpolation.assumed(each) for each in parts] == ["./data", "/var/lib", "ro"]


def test_braces_are_nested_as_deep_as_a_file_may_be() -> None:
    for depth, deep in ((5, False), (5_000, True)):
        text = "${A:-" * depth + "}" * depth
        if deep:
            with pytest.raises(ValueError, match="levels deep"):
                interpolation.read(text)
        else:
            assert interpolation.assumed(interpolation.read(text)) == ""
