"""JSON is read as the standard library reads it, and each value has its line."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procman.core.config.yamltree import Mapping, Scalar, Sequence
from procman.errors import UserError
from procman.importing.reading import jsonlines

if TYPE_CHECKING:
    from procman.core.config.yamltree import Node

EXAMPLES = int(os.environ.get("PROCMAN_EXAMPLES", "200"))
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda below: st.lists(below) | st.dictionaries(TEXTS, below),
    max_leaves=20,
)


def value(node: Node) -> Any:
    if isinstance(node, Mapping):
        return {key: value(entry.value) for key, entry in node.entries.items()}
    if isinstance(node, Sequence):
        return [value(each) for each in node.items]
    return node.text if node.quoted else json.loads(node.text)


@settings(max_examples=EXAMPLES, deadline=None)
@given(VALUES, st.booleans(), st.sampled_from([None, 1, "\t"]))
def test_json_is_read_as_it_was_written(document: Any, ascii_only: bool, indent: int | str | None) -> None:
    text = json.dumps(document, ensure_ascii=ascii_only, indent=indent)
    assert value(jsonlines.parse(text.encode(), "")) == document
    assert value(jsonlines.literals(text, "")[0]) == document


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.text("{}[]\",:\\n\t0123truefalsnl-.eE \\u'/*\n"))
def test_what_is_no_json_is_refused(text: str) -> None:
    try:
        expected = json.loads(text)
    except ValueError:
        with pytest.raises(UserError):
            jsonlines.parse(text.encode(), "")
    else:
        assert repr(value(jsonlines.parse(text.encode(), ""))) == repr(expected)


def test_each_value_has_its_line() -> None:
    root = jsonlines.parse(b'{\n "a":\n  [1,\n   {"b": "c"}]}', "")
    assert isinstance(root, Mapping)
    entry = root.entries["a"]
    assert (root.line, entry.line, entry.value.line) == (1, 2, 3)
    assert isinstance(entry.value, Sequence)
    assert [each.line for each in entry.value.items] == [3, 4]


def test_literals_are_what_people_write_in_javascript() -> None:
    text = "// hi\n{ a: 'x\\'y\\x41', $b_1: [1, 2,], /* c */ \"d\": `t`, 5: .5 || 1}"
    with pytest.raises(UserError):
        jsonlines.literals(text, "")
    node, end = jsonlines.literals(text.replace(", 5: .5 || 1", ""), "")
    assert value(node) == {"a": "x'yA", "$b_1": [1, 2], "d": "t"}
    assert end == len(text.replace(", 5: .5 || 1", ""))


@pytest.mark.parametrize("text", ["[" * 1000, '{"a":' * 1000, "[" * 1000 + "]" * 1000])
def test_what_is_nested_too_deep_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="nested more than"):
        jsonlines.parse(text.encode(), "")


def test_half_a_character_is_replaced() -> None:
    assert jsonlines.parse(b'"\\ud83d\\ude00 \\ud83d"', "") == Scalar(
        "\U0001f600 \N{REPLACEMENT CHARACTER}", 1, True
    )
