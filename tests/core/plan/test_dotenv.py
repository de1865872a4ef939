from __future__ import annotations

import re
from io import StringIO

import pytest
from dotenv.parser import parse_stream
from hypothesis import given
from hypothesis import strategies as st

from procman.core.plan.dotenv import (
    BAD_NAME,
    BEHIND,
    COLON_FOR_EQUALS,
    MOST,
    NO_END,
    NO_EQUALS,
    NO_EQUALS_TO,
    NO_NAME,
    NUL,
    TOO_LONG,
    TOO_MUCH,
    parse,
)
from procman.core.plan.expansion import LONGEST, value_of
from tests.core.expect import problems, problems_if_any

TABLE = {
    "V=bar # c": "bar",
    "V=bar#c": "bar#c",
    'V="bar" # c': "bar",
    "V=a b c": "a b c",
    "V=bar   ": "bar",
    "V = bar": "bar",
    "  V = bar": "bar",
    "\tV=bar": "bar",
    "export V=bar": "bar",
    "V=it's": "it's",
    "V=": "",
    'V=""': "",
    "V=''": "",
    r"""V='a\nb $X "y"'""": r'a\nb $X "y"',
    "V='${X}'": "${X}",
    r'V="a\nb"': "a\nb",
    r'V="a\tb"': "a\tb",
    r'V="a\"b"': 'a"b',
    r'V="a\$b"': "a$b",
    r'V="\!"': "!",
    r'V="\d+\\n"': r"d+\n",
    r'V="\${X}"': "${X}",
    r'V="\\${X}"': r"\outer",
    r'V="${UNSET:-a\$b}"': "a$b",
    'V="a\\\\"\nW="b"': "a\\",
    r"V='a\$b\!'": r"a\$b\!",
    r"V='it\'s'": "it's",
    r"V=a\$b": r"a\$b",
    'V="bar"#c': "bar",
    "V=   # c": "",
    "V=#c": "#c",
    "V= bar": "bar",
    "V=\nW=1": "",
    "'V'=bar": "bar",
    "export=1\nV=bar": "bar",
    r"V=a\nb": r"a\nb",
    "V=$X": "$X",
    "V=pa$$word": "pa$$word",
    "V=${X}": "outer",
    "V=a${X}b${X}": "aouterbouter",
    'V="${X}"': "outer",
    "V=${X:-d}": "outer",
    "V=${UNSET:-d}": "d",
    'V="${UNSET:-a b}"': "a b",
    "V=${UNSET:-}": "",
    "V=${UNSET}": "",
    'V="l1\nl2"': "l1\nl2",
    "V='l1\nl2'": "l1\nl2",
    "V=1\nV=2": "2",
    "V=bar\r\nW=1\r\n": "bar",
    'V="l1\r\nl2"\r\n': "l1\nl2",
    "\ufeffV=bar": "bar",
    "# V=no\n\nV=bar": "bar",
    "V=café": "café",
    "V=a=b": "a=b",
}
"""What stands in the file, and the value of V; X is `outer` in the environment."""


def read(data: str | bytes, **environment: str) -> dict[str, str]:
    return parse(data.encode() if isinstance(data, str) else data, ".env", environment).values


def mistakes(data: str | bytes) -> list[tuple[int | None, str]]:
    return [(line, text) for _, line, text in problems(lambda: read(data))]


@pytest.mark.parametrize(("text", "value"), TABLE.items(), ids=map(repr, TABLE))
def test_the_table_of_values(text: str, value: str) -> None:
    assert read(text, X="outer")["V"] == value


@pytest.mark.parametrize(
    ("text", "mistake"),
    {
        "JUSTKEY": NO_EQUALS,
        "export JUSTKEY # c": NO_EQUALS,
        "export": NO_EQUALS,
        "V: bar": COLON_FOR_EQUALS,
        "V:bar": COLON_FOR_EQUALS,
        "export V : a=b": COLON_FOR_EQUALS,
        "https://example.com": NO_EQUALS,
        'V="abc': NO_END,
        "V='abc": NO_END,
        'V="abc" def': BEHIND,
        "V='a\nb' c": BEHIND,
        "two words=1": BAD_NAME,
        "a#b=1": BAD_NAME,
        "=bar": NO_NAME,
        "  = bar": NO_NAME,
        "export =bar": NO_NAME,
        "export # bar": NO_NAME,
        "'a=b'=c": BAD_NAME,
        "V=a\0b": NUL,
        "V\0=ab": NUL,
    }.items(),
)
def test_any_bad_line_is_an_error_with_its_line(text: str, mistake: str) -> None:
    assert mistakes(f"A=1\n{text}\nB=2\n") == [(2, mistake)]


SECRET = "hunter2"


@pytest.mark.parametrize(
    "line",
    [
        SECRET,
        f"V: {SECRET}",
        f"V:{SECRET}",
        f"V {SECRET}",
        f"V {SECRET}=",
        f'V="{SECRET}',
        f"V='{SECRET}",
        f'V="" {SECRET}',
        f"'{SECRET}='=1",
        f"={SECRET}",
        f"V={SECRET}\0",
        f"{SECRET}\0",
        f"V={SECRET * LONGEST}",
        f'A="{SECRET}\\xff'.encode().decode("unicode-escape"),
    ],
)
def test_a_mistake_never_has_a_part_of_the_file_in_it(line: str) -> None:
    found = problems(lambda: parse(line.encode("latin-1"), ".env", {}))
    assert found
    assert SECRET not in "".join(map(str, found))


def test_a_key_file_without_quotes_is_one_mistake_with_its_lines() -> None:
    key = "-----BEGIN PRIVATE KEY-----\n" + "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj\n" * 24
    assert mistakes(f"A=1\nKEY={key}-----END PRIVATE KEY-----\n\nBAD\n") == [
        (3, NO_EQUALS_TO.format(27)),
        (29, NO_EQUALS),
    ]
    assert mistakes("BAD\nV: x\nBAD\n") == [(1, NO_EQUALS), (2, COLON_FOR_EQUALS), (3, NO_EQUALS)]


def test_a_mistake_names_the_file() -> None:
    found = problems(lambda: parse(b"A=1\nB", "config/dev.env", {}))
    assert str(found[0]) == f"config/dev.env:2: {NO_EQUALS}"


def test_an_empty_file_and_one_of_comments_set_nothing() -> None:
    assert read("") == read("\n\n") == read("# A=1\n  # B=2\n") == read("\ufeff") == {}


def test_the_line_of_a_mistake_is_exact_behind_values_of_several_lines_and_blank_lines() -> None:
    text = "A=\"1\n2\n3\"\n\n\nBAD\n# c\n\n  \nB='4\n5'\nWORSE\n\n"
    assert [line for line, _ in mistakes(text)] == [6, 12]


def test_the_line_of_a_mistake_is_exact_in_files_with_crlf() -> None:
    assert [line for line, _ in mistakes('A="1\r\n2"\r\n\r\nBAD\r\nB=1\r\nWORSE\r\n')] == [4, 6]


def test_a_lone_carriage_return_ends_a_line_as_for_python_itself() -> None:
    assert read("A=1\rB=2\r") == {"A": "1", "B": "2"}
    assert [line for line, _ in mistakes("A=1\r\r\rBAD\r\n\r\nWORSE")] == [4, 6]


def test_an_unterminated_quote_is_told_on_the_line_where_its_variable_stands() -> None:
    assert mistakes('A=1\n\nV="abc\nB=2\nC=3\n') == [(3, NO_END)]
    assert mistakes('V="abc\nB="x"\nBAD\n')[0] == (1, BEHIND)


def test_all_mistakes_of_the_file_are_told_at_once() -> None:
    assert [line for line, _ in mistakes("A\nB=1\n=2\nC='\nD\n")] == [1, 3, 4, 5]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_text_that_is_not_utf_8_is_an_error_with_its_line(mark: bytes) -> None:
    assert mistakes(mark + b"A=1\n\xff") == [(2, "not UTF-8 text")]
    assert mistakes(mark + b"A=1\r\n\r\nB=caf\xe9\r\nC=1") == [(3, "not UTF-8 text")]


def test_a_reference_takes_the_value_above_in_the_file_over_the_environment() -> None:
    assert read("X=inner\nV=${X}", X="outer")["V"] == "inner"


def test_a_reference_to_a_line_below_takes_the_environment() -> None:
    assert read("V=${X}\nX=inner", X="outer")["V"] == "outer"
    assert read("V=${X}\nX=inner")["V"] == ""


def test_a_value_can_be_extended_by_itself() -> None:
    assert read("PATH=bin:${PATH}\nPATH=sbin:${PATH}", PATH="/usr/bin")["PATH"] == "sbin:bin:/usr/bin"


def test_a_later_file_refers_to_the_values_of_an_earlier_one_given_as_its_environment() -> None:
    first = read("HOST=db", HOST="localhost")
    assert read("URL=redis://${HOST}:${PORT:-6379}", **first)["URL"] == "redis://db:6379"


def test_references_chain_but_a_value_put_in_is_not_read_again() -> None:
    assert read("A=1\nB=${A}2\nC=${B}3")["C"] == "123"
    assert read("V=${X}", X="${Y}", Y="no")["V"] == "${Y}"


def test_single_quotes_are_literal_in_every_spelling_of_the_line() -> None:
    for line in ("V='${X}'", "V = '${X}'", "\n\n  export V='${X}' # c", "'V'='${X}'"):
        assert read(line, X="outer")["V"] == "${X}"


def test_a_quote_inside_a_value_does_not_make_it_literal() -> None:
    assert read("V=it's ${X}", X="outer")["V"] == "it's outer"
    assert read("V=\"'${X}'\"", X="outer")["V"] == "'outer'"


def test_other_forms_of_the_shell_stay_as_they_are() -> None:
    text = "$X $(date) `date` ${X:?gone} $ {X} ${"
    assert value_of(text, "", {"X": "outer"}) == value_of(text, '"', {"X": "outer"}) == text


def doubling(lines: int) -> str:
    """Each line is twice as long as the one above."""
    return "V0=0123456789\n" + "".join(f"V{n}=${{V{n - 1}}}${{V{n - 1}}}\n" for n in range(1, lines))


def test_references_that_double_again_and_again_are_an_error_and_take_no_memory() -> None:
    assert len(read(doubling(14))["V13"]) == 10 * 2**13
    found = mistakes(doubling(60))
    assert found[0] == (15, TOO_LONG)
    assert {text for _, text in found} == {TOO_LONG}


def test_one_line_of_many_references_is_no_way_around() -> None:
    assert mistakes(f"A={'a' * 100_000}\nB={'${A}' * 100_000}\n") == [(2, TOO_LONG)]
    assert mistakes(f'A={"a" * 100_000}\nB="{"${A}" * 100_000}"\n') == [(2, TOO_LONG)]


def test_many_long_values_are_an_error_at_the_first_that_is_too_much() -> None:
    line = "${A}"
    text = f"A={'a' * 100_000}\n" + "".join(f"V{n}={line}\n" for n in range(1_000))
    assert mistakes(text) == [(MOST // 100_000 + 1, TOO_MUCH)]


@pytest.mark.parametrize("letter", ["a", "é"])
def test_a_value_is_as_long_as_a_process_can_be_given(letter: str) -> None:
    most = (LONGEST - len("V=") - 1) // len(letter.encode())
    assert len(read(f"V={letter * most}")["V"]) == most
    assert mistakes(f"V={letter * (most + 1)}") == [(1, TOO_LONG)]


def test_what_the_environment_has_that_is_not_text_can_be_put_in() -> None:
    assert read("V=${X}", X="a\udcff")["V"] == "a\udcff"


@pytest.mark.parametrize(
    ("text", "doubtful"),
    {
        "PATH=/x:$PATH": ["PATH"],
        'PATH="/x:$PATH"': ["PATH"],
        "OWN=$OWN": ["OWN"],
        "A=1\nB=$A": ["A"],
        "V=$PATH/$HOME:$PATH": ["PATH", "HOME"],
        "V=pa$$word": [],
        "V=p$assword": [],
        "V='$PATH'": [],
        r'V="\$PATH"': [],
        "V=${PATH}": [],
        "V=$PATHS": [],
        "V=$1$(PATH)": [],
        "# $PATH": [],
    }.items(),
)
def test_a_dollar_with_a_known_name_is_doubted(text: str, doubtful: list[str]) -> None:
    found = parse(text.encode(), ".env", {"PATH": "/bin", "HOME": "/"}).doubts
    assert [each.text.split()[1].lstrip("$") for each in found] == doubtful
    assert all(each.line == text.count("\n") + 1 and "write ${" in each.text for each in found)


KEYS = st.text("ABCXYZabc_019.-", min_size=1, max_size=6).filter(lambda key: key != "export")
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=20)


def in_single_quotes(value: str) -> str:
    return "'" + value.replace("\\", r"\\").replace("'", r"\'") + "'"


@given(st.dictionaries(KEYS, TEXTS, max_size=5), st.sampled_from(["", "export ", "  "]), st.booleans())
def test_every_value_in_single_quotes_comes_back_as_it_was(
    values: dict[str, str], before: str, bom: bool
) -> None:
    text = "".join(f"{before}{key}={in_single_quotes(value)}\n" for key, value in values.items())
    assert read(text.encode("utf-8-sig" if bom else "utf-8"), X="outer") == values


@given(st.dictionaries(KEYS, TEXTS.filter(lambda value: "${" not in value), max_size=5))
def test_every_value_in_double_quotes_comes_back_as_it_was(values: dict[str, str]) -> None:
    quoted = {key: value.replace("\\", "\\\\").replace('"', '\\"') for key, value in values.items()}
    assert read("".join(f'{key}="{value}"\n' for key, value in quoted.items())) == values


LINES = st.lists(
    st.sampled_from(["A", "B", "=", " = ", "'", '"', "x", " ", "#", "\n", "\n", "export ", "é"]), max_size=25
).map("".join)


@given(LINES)
def test_what_is_right_means_what_python_dotenv_reads(text: str) -> None:
    bindings = list(parse_stream(StringIO(text)))
    theirs = {binding.key: binding.value for binding in bindings if binding.key is not None}
    theyre_wrong = any(each.error or (each.key and each.value is None) for each in bindings)
    if problems_if_any(lambda: read(text)):
        odd = re.search(r"export\s+#", text) or any("=" in key or "\n" in key for key in theirs)
        assert theyre_wrong or odd
    else:
        assert read(text) == theirs


PIECES = ["A", "=", "'", '"', "\n", "\r\n", "\r", "#", " ", "\\", "${A", ":-", "}", "export ", "\0", "é"]


@given(
    st.binary(max_size=60)
    | st.lists(st.sampled_from(PIECES), max_size=25).map(lambda pieces: "".join(pieces).encode())
    | st.builds(
        bytes.__add__, st.just(b"\xef\xbb\xbf"), st.lists(st.sampled_from([b"A\n", b"\xe9"])).map(b"".join)
    )
)
def test_whatever_the_bytes_only_mistakes_on_lines_of_the_file_are_raised_in_order(data: bytes) -> None:
    found = problems_if_any(lambda: read(data))
    lines = [each.line for each in found if each.line is not None]
    assert len(lines) == len(found)
    assert lines == sorted(lines)
    assert all(1 <= line <= max(1, len(data.splitlines())) for line in lines)


@given(
    st.lists(
        st.sampled_from(["A=1", "# c", "", "  ", 'B="1\n2"', "C='1\n\n2'", "export D=${A}"]), max_size=6
    ),
    st.sampled_from(["BAD", '  V="', "=1", "V=\0"]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_the_line_of_a_mistake_is_exact_behind_any_good_lines(
    above: list[str], bad: str, newline: str
) -> None:
    text = "".join(line + "\n" for line in above)
    expected = text.count("\n") + 1
    assert [line for line, _ in mistakes((text + bad).replace("\n", newline))] == [expected]
