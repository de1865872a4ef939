"""What is written is read as the same again, whatever is in it."""

from __future__ import annotations

import os
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from procman.importing import written

EXAMPLES = int(os.environ.get("PROCMAN_EXAMPLES", "200"))
TEXTS = st.text(st.sampled_from([*"ab \n\t'\"\\:#-|>%{[*&!\x85\u2028ü\x01"]), max_size=8)
VALUES = st.recursive(
    TEXTS | st.integers() | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


@given(VALUES, TEXTS)
@settings(max_examples=EXAMPLES, deadline=None)
def test_two_parts_of_a_file_are_one_document(value: Any, text: str) -> None:
    whole = "\n".join(written.dump({key: each}) for key, each in (("a", {"x": value}), ("b", {"y": text})))
    assert yaml.safe_load(whole) == {"a": {"x": value}, "b": {"y": text}}
