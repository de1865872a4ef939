from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from procman.core.config import yamltree
from procman.core.config.yamltree import DEPTH, Mapping, Scalar, Sequence
from procman.errors import UserError
from tests.core.expect import problems

if TYPE_CHECKING:
    from procman.core.config.yamltree import Node
    from procman.errors import Problem

STAR = "YAML takes an unquoted '*' for an alias"
RESERVED = "YAML does not let an unquoted value start with "
NEIGHBOURS = (
    "a second ': ' in one value, or a wrong indentation: quote the value,"
    " or indent the line like its neighbours"
)
CONTROL = "a control character (U+{}): this is not a text file"


def tree(data: str | bytes) -> Mapping:
    """The tree of a file without mistakes."""
    found: list[Problem] = []
    root = yamltree.parse(data if isinstance(data, bytes) else data.encode(), "procman.yml", found)
    assert found == []
    return root


def read(data: str | bytes) -> None:
    """Read a file, and raise its mistakes even when there is a tree."""
    found: list[Problem] = []
    yamltree.parse(data if isinstance(data, bytes) else data.encode(), "procman.yml", found)
    if found:
        raise UserError(found)


def mistakes(data: str | bytes) -> list[tuple[int | None, str]]:
    return [(line, text) for _, line, text in problems(lambda: read(data))]


def plain(node: Node) -> object:
    """A node without its lines."""
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return {key: plain(entry.value) for key, entry in node.entries.items()}


def value(text: str) -> object:
    return plain(tree(f"key: {text}\n"))["key"]  # type: ignore[index]


@pytest.mark.parametrize(
    "text",
    "10:30 no on Yes true ~ null 007 0x1f 1e3 1_000 2026-12-24 .inf = 12:30:45 +1 weekdays\u00a0x"
    " -1 a:b http://x/#y".split(" "),
)
def test_a_scalar_is_text_exactly_as_it_is_written(text: str) -> None:
    assert value(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("daily at 09:30  # comment", "daily at 09:30"),
        ("'it''s'", "it's"),
        ('"a\\tb\\u00e9"', "a\tbé"),
        ('"*/10 * * * *"', "*/10 * * * *"),
        ("0 9 * * mon-fri", "0 9 * * mon-fri"),
        ("a\n  b", "a b"),
        ("|\n  a\n   b\n", "a\n b\n"),
        (">-\n  a\n  b\n", "a b"),
        ("[a, 'b', [c]]", ["a", "b", ["c"]]),
        ("\n- a\n- b: c", ["a", {"b": "c"}]),
        ("{a: 1, b: {c: 2}}", {"a": "1", "b": {"c": "2"}}),
        ("", ""),
    ],
)
def test_quotes_blocks_lists_and_mappings_are_those_of_yaml(text: str, expected: object) -> None:
    assert value(text) == expected


def test_every_node_knows_its_line_and_whether_it_was_quoted() -> None:
    root = tree("# c\na: 1\n\nb:\n  - 'x'\n  - |\n    y\nc:\n")
    assert root.line == 2
    assert {key: entry.line for key, entry in root.entries.items()} == {"a": 2, "b": 4, "c": 8}
    assert root.entries["a"].value == Scalar("1", 2)
    assert root.entries["b"].value == Sequence((Scalar("x", 5, True), Scalar("y\n", 6, True)), 5)
    assert root.entries["c"].value == Scalar("", 8)


@pytest.mark.parametrize(
    ("text", "empty", "null"),
    [
        ("", True, False),
        ("~", False, True),
        ("null", False, True),
        ("''", False, False),
        ("'~'", False, False),
    ],
)
def test_nothing_is_told_from_an_empty_text(text: str, empty: bool, null: bool) -> None:
    node = tree(f"key: {text}").entries["key"].value
    assert isinstance(node, Scalar)
    assert (node.empty, node.null) == (empty, null)


@pytest.mark.parametrize(
    "data", [b"", b"\n\n", b"# only\n  # comments\n", b"---\n", b"---\n...\n", b"\xef\xbb\xbf"]
)
def test_a_file_with_nothing_in_it_is_an_empty_mapping(data: bytes) -> None:
    assert tree(data).entries == {}


def test_a_byte_order_mark_crlf_and_lone_carriage_returns_are_as_good_as_lf() -> None:
    assert tree(b"\xef\xbb\xbfa: 1\r\nb:\r\n  c: 2\rd: 3") == tree("a: 1\nb:\n  c: 2\nd: 3")


def test_an_alias_is_the_node_of_its_anchor_lines_and_all() -> None:
    root = tree("a: &a\n  x: &x 1\nb: *a\nc: *x\n*x : d\n")
    assert root.entries["b"].value is root.entries["a"].value
    assert root.entries["c"].value == Scalar("1", 2)
    assert root.entries["1"].line == 5


def test_an_anchor_that_is_set_again_counts_from_there() -> None:
    assert plain(tree("a: &x 1\nb: *x\nc: &x 2\nd: *x")) == {"a": "1", "b": "1", "c": "2", "d": "2"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{<<: *a, x: 9}", {"x": "9", "y": "2"}),
        ("{x: 9, <<: *a}", {"x": "9", "y": "2"}),
        ("{<<: [*b, *a]}", {"y": "8", "z": "7", "x": "1"}),
        ("{<<: *b, <<: *a}", {"y": "8", "z": "7", "x": "1"}),
        ("{<<: {w: 1}}", {"w": "1"}),
        ("{<<: []}", {}),
        ("{'<<': 5}", {"<<": "5"}),
    ],
)
def test_merge_keys_fill_up_what_the_mapping_does_not_say(text: str, expected: object) -> None:
    root = tree(f"a: &a {{x: 1, y: 2}}\nb: &b {{y: 8, z: 7}}\nc: {text}\n")
    assert plain(root.entries["c"].value) == expected


def test_a_merged_key_keeps_the_line_on_which_it_stands() -> None:
    root = tree("a: &a\n  x: 1\nb:\n  <<: *a\n")
    merged = root.entries["b"].value
    assert isinstance(merged, Mapping)
    assert merged.entries["x"].line == 2


def test_keys_that_come_twice_are_an_error_with_both_lines_all_at_once() -> None:
    assert mistakes("a: 1\nb: {x: 1, y: 2,\n  x: 3}\na: 2\n'a': 3\n") == [
        (3, "'x' is already defined on line 2"),
        (4, "'a' is already defined on line 1"),
        (5, "'a' is already defined on line 1"),
    ]


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("? [a]\n: b", "a key must be a word, not a list or a mapping"),
        ("a: !!int 5", "a tag ('tag:yaml.org,2002:int') has no meaning here: take it out"),
        ("a: !ruby/object:X {}", "a tag ('!ruby/object:X') has no meaning here: take it out"),
        ("a: {<<: 5}", "'<<' takes a mapping, or a list of mappings"),
        ("a: {<<: [{}, 5]}", "'<<' takes a mapping, or a list of mappings"),
        ('a: "x\\0y"', "an escape stands for NUL or half a character: take it out"),
        ("a: *b", 'the alias *b means nothing here: no &b is above; for text write "*b"'),
        ("a: &a [*a]", "the alias *a means nothing here: it stands inside of it"),
        ("- a", "expected lines like 'key: value', not a list"),
        ("word", "expected lines like 'key: value', not text"),
        ("''", "expected lines like 'key: value', not text"),
        ("a: " + "[" * (DEPTH + 1), f"nested more than {DEPTH} levels deep"),
        ("a: b: c", NEIGHBOURS),
        ("a: 'b", "a quote has no end: write one, or take the first away"),
        ("a: [b", "not YAML: did not find expected ',' or ']'"),
        ("a: [*/5 * * * *]", f"{STAR}: quote the value"),
        ("a: [@daily]", f"{RESERVED}'@': quote it"),
        ("a: 1\0", CONTROL.format("0000")),
        ("a: \x1b[31m", CONTROL.format("001B")),
        ("a: \ufeff", CONTROL.format("FEFF")),
        ("%TAG", "not YAML: did not find expected '!'"),
    ],
)
def test_what_no_configuration_can_mean_is_an_error(text: str, mistake: str) -> None:
    assert mistakes(text) == [(1, mistake)]


@pytest.mark.parametrize(
    ("text", "line", "mistake"),
    [
        ("a:\n\tb: 1", 2, "a tab: YAML indents with spaces only"),
        ("a: 1\n b: 2", 2, NEIGHBOURS),
        ("a: 1\nword\n", 2, "expected 'key: value'"),
        ("a:\n  b: 1\n c: 2\n", 3, "expected 'key: value': is the line indented like its neighbours,"
         " or is there text behind a value?"),
        (" a: 1\nb: 2", 2, "text behind the end: is the line indented like the first one?"),
        ("a: 1\nb: \"x\n\n\n", 2, "a quote has no end: write one, or take the first away"),
        ("a: 1\n---\nb: 2", 2, "a second document starts here: a file has only one"),
        ("a: 1\n\nb: \x07\n", 3, CONTROL.format("0007")),
    ],
)  # fmt: skip
def test_a_mistake_has_the_line_on_which_it_stands(text: str, line: int, mistake: str) -> None:
    assert mistakes(text) == [(line, mistake)]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_text_that_is_not_utf_8_is_an_error_with_its_line(mark: bytes) -> None:
    assert mistakes(mark + b"a: 1\r\nb: caf\xe9\r\nc: 1") == [(2, "not UTF-8 text (byte 0xe9)")]
    assert mistakes("a: 1".encode("utf-16")) == [(1, "not UTF-8 text (byte 0xff)")]


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("schedule: */10 * * * *", f'{STAR}: quote it: schedule: "*/10 * * * *"'),
        ("schedule:   * * * * *   # often", f'{STAR}: quote it: schedule:   "* * * * *"'),
        ("- * * * * *", f'{STAR}: quote it: - "* * * * *"'),
        ("- schedule: */5 * * * *", f'{STAR}: quote it: - schedule: "*/5 * * * *"'),
        ("desc: *very* important", f'{STAR}: quote it: desc: "*very* important"'),
        ("command: @echo \"hi\" 'x'", f"{RESERVED}'@': quote it: command: '@echo \"hi\" ''x'''"),
        ("schedule: @hourly", f"{RESERVED}'@': quote it: schedule: \"@hourly\""),
        ("desc: %done", f"{RESERVED}'%': quote it: desc: \"%done\""),
        ("desc: `x`", f"{RESERVED}'`': quote it: desc: \"`x`\""),
    ],
)
def test_a_value_that_yaml_refuses_unquoted_is_told_with_the_quotes_it_needs(line: str, hint: str) -> None:
    assert mistakes(f"a:\n  - b: 1\nc:\n  {line}\n") == [(4, hint)]


def test_all_unquoted_values_are_told_at_once_and_what_else_stops_yaml() -> None:
    text = "a: b: c\nd: */5 * * * *\ne: '* fine'\nf: @daily\ng: &x 1\nh: *x\ni: *x # alias\n"
    assert [line for line, _ in mistakes(text)] == [1, 2, 4]


def test_what_stands_in_a_block_of_text_is_not_taken_for_an_unquoted_value() -> None:
    text = "a: |\n  b: * c\n\n  - @d\ne: >-  # f\n    g: %h\ni: * j\n- |+2\n   k: * l\nm: `n\n"
    assert [line for line, _ in mistakes(text)] == [7, 10]


def test_mistakes_above_a_mistake_that_stops_yaml_are_told_too() -> None:
    assert [line for line, _ in mistakes("a: 1\na: 2\nb: *c\nd: */5\n")] == [2, 3]


def bomb(levels: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, levels)]
    return "\n".join(lines)


def test_aliases_of_aliases_cannot_stand_for_billions_of_values() -> None:
    tree(bomb(5))
    assert mistakes(bomb(12)) == [(6, "aliases stand for more than 1,000,000 values")]


def test_merged_aliases_cannot_either() -> None:
    wide = "a: &a {" + ", ".join(f"k{n}: 1" for n in range(1000)) + "}\n"
    tree(wide + "b:\n" + "".join(f"  t{n}: {{<<: *a}}\n" for n in range(200)))
    found = mistakes(wide + "b:\n" + "".join(f"  t{n}: {{<<: *a}}\n" for n in range(600)))
    assert [text for _, text in found] == ["aliases stand for more than 1,000,000 values"]


WORDS = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Cn"], exclude_characters="\ufeff\u2028\u2029"), max_size=8
)
TREES = st.recursive(
    WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(WORDS, TREES, max_size=5), st.sampled_from([True, False]), st.booleans())
def test_every_tree_of_texts_comes_back_as_it_was_dumped(value: object, flow: bool, ascii_only: bool) -> None:
    dumped = yaml.safe_dump(value, default_flow_style=flow, allow_unicode=not ascii_only, default_style="'")
    assert plain(tree(dumped.replace("!!null", ""))) == value


GOOD = (
    "timezone: UTC\ntasks:\n  a: &a\n    command: |\n      x\n"
    "    schedule: ['0 9 * * *', every hour]\n  b: {<<: *a}\n"
)
PIECES = [*"* & [ ] { } , ' \" | > # @ % ` ! !! ? \\ << *a é a \\u0000 ...".split(" ")]
PIECES += [": ", "- ", "\n", "  ", "\n  ", "\t", "&a ", "---\n", "\r", "\0", "\x85"]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A good file with some pieces of it replaced."""
    text = GOOD
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 5)))
        text = text[:start] + draw(st.sampled_from(PIECES)) + text[end:]
    return text.encode()


@pytest.mark.parametrize("libyaml", [True, False], ids=["libyaml", "python"])
@given(
    st.binary(max_size=60)
    | st.lists(st.sampled_from(PIECES), max_size=25).map(lambda p: "".join(p).encode())
    | mutated()
)
def test_whatever_the_bytes_only_mistakes_on_lines_of_the_file_are_raised_in_order(
    libyaml: bool, data: bytes
) -> None:
    found: list[Problem] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yaml, "__with_libyaml__", libyaml and yaml.__with_libyaml__)
        try:
            yamltree.parse(data, "procman.yml", found)
        except UserError as error:
            found = [*error.problems]
            assert found
            assert [each.line or 0 for each in found] == sorted(each.line or 0 for each in found)
    lines = len(data.decode("utf-8", "replace").splitlines())
    assert all(each.line is None or 1 <= each.line <= max(1, lines) for each in found)
    assert all(each.source == "procman.yml" for each in found)


def test_each_document_of_a_file_is_a_tree_with_anchors_of_its_own() -> None:
    found = yamltree.parse_all(b"a: &x 1\n---\n---\nb: &x 2\nc: *x\n", "f.yml", [])
    assert [[*each.entries] for each in found] == [["a"], [], ["b", "c"]]
    assert [each.line for each in found] == [1, 3, 4]
    assert found[2].entries["c"].value == Scalar("2", 4)
    assert yamltree.parse_all(b"# nothing\n", "f.yml", []) == []


def test_an_alias_knows_nothing_of_other_documents() -> None:
    with pytest.raises(UserError, match=r"f\.yml:3"):
        yamltree.parse_all(b"a: &x 1\n---\nb: *x\n", "f.yml", [])
