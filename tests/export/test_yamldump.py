"""YAML that all readers take for the same."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from procman.export.containers import yamldump
from tests.export.yamlreaders import BATCH, EXAMPLES, NEEDS_KUBECTL, by_kubectl

NO_TEXTS = """
    yes no on off y n Y N true False null ~ 1 01 0o17 017 0x1f 0b1 1e3 1e+3 1E5 1_000 .5 5. +1 -1 .inf -.INF
    .nan 12:30:00 1:2 2026-01-01 = << - -- --- ... ? : a: a:b #a a#b % @ ` ! & * | > ' " {} [] ,
    x{ 5s 5m 100ms
""".split()
"""What is something else, for some reader."""
TEXTS = st.text(
    st.one_of(
        st.sampled_from(
            "aZ09 .-_:#'\"\\\n\r\t$%&*!|>@`{}[],?=~\x85\u2028\u2029\ufeff\xa0\x7f\x1b\U0001f600é"
        ),
        st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"),
    ),
    max_size=30,
)


@pytest.mark.parametrize("text", ["web", "/bin/sh", "-c", "web.1", "5s", "200ms", "shop:latest"])
def test_plain_words_stay_as_they_are(text: str) -> None:
    assert yamldump.dump({"a": text}) == f"a: {text}\n"


@pytest.mark.parametrize("text", [*NO_TEXTS, ""])
def test_what_is_no_text_for_some_is_quoted(text: str) -> None:
    shown = yamldump.dump({"a": text})
    assert shown[3] in "'\"" or text in ("5s", "5m", "100ms", "a:b")
    assert yaml.safe_load(shown) == {"a": text}


@NEEDS_KUBECTL
def test_kubectl_takes_all_of_them_for_texts() -> None:
    data = {f"k{number}": text for number, text in enumerate([*NO_TEXTS, ""])}
    assert by_kubectl(yamldump.dump(secret(data)))[0]["stringData"] == data


def test_lists_of_words_stand_in_a_line_and_scripts_below() -> None:
    assert yamldump.dump({"command": ["/bin/sh", "-c", "exec x"]}) == "command: [/bin/sh, -c, 'exec x']\n"
    script = "if true\nthen\n  echo 'a'\nfi"
    expected = "command:\n- /bin/sh\n- -c\n- |-\n  if true\n  then\n    echo 'a'\n  fi\n"
    assert yamldump.dump({"command": ["/bin/sh", "-c", script]}) == expected


def test_what_comes_twice_is_written_twice() -> None:
    labels = {"a": "b"}
    assert "&" not in yamldump.dump([labels, labels])


def test_a_document_can_be_moved_to_the_right() -> None:
    assert yamldump.indented({"a": "x\n\ny\n"}, 2) == "  a: |\n    x\n\n    y\n"


def test_a_key_is_quoted_where_it_has_to_be() -> None:
    assert yamldump.word("web") == "web"
    assert yamldump.word("y") == "'y'"
    assert yamldump.word("123") == "'123'"


@settings(max_examples=EXAMPLES, deadline=None)
@given(TEXTS, st.integers(0, 6))
def test_any_text_comes_back_as_key_value_and_word(text: str, columns: int) -> None:
    document = {text: text, "list": [text, "a"], "below": {"row": yamldump.Row(a=text)}}
    assert yaml.safe_load(yamldump.indented(document, columns)) == document


@NEEDS_KUBECTL
@settings(max_examples=max(1, EXAMPLES // BATCH), deadline=None)
@given(st.lists(TEXTS, min_size=BATCH, max_size=BATCH))
def test_any_text_comes_back_from_kubectl(texts: list[str]) -> None:
    data = {f"k{number}": text for number, text in enumerate(texts)}
    document = secret(data) | {"metadata": {"name": "x", "annotations": yamldump.Row(data)}}
    read = by_kubectl(yamldump.dump(document))[0]
    assert read["stringData"] == data
    assert read["metadata"]["annotations"] == data


def secret(data: dict[str, str]) -> dict[str, object]:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"}, "stringData": data}
