"""Texts in units of systemd; a real one reads them in tests/end_to_end/test_export_systemd_quoting.py."""

from __future__ import annotations

import pytest

from procman.errors import UserError
from procman.export.systemd import quoting


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("--port=80", "--port=80"),
        ("", '""'),
        ("a b", '"a b"'),
        ("100% $HOME ${X}", '"100%% $$HOME $${X}"'),
        ('say "hi"\\', '"say \\"hi\\"\\\\"'),
        ("one\ntwo\tthree\x1b\x7f", '"one\\ntwo\\tthree\\x1b\\x7f"'),
        (";", '";"'),
        ("żółw", '"żółw"'),
    ],
)
def test_a_word(text: str, expected: str) -> None:
    assert quoting.word(text) == expected


def test_a_setting_has_specifiers_and_no_variables() -> None:
    assert quoting.setting("PATH=/a b:100%:$X") == '"PATH=/a b:100%%:$X"'


def test_a_program_with_signs_in_its_path_is_called_by_the_shell() -> None:
    assert quoting.words(["/a/b", "c d"]) == '/a/b "c d"'
    assert quoting.words(["/a$b", "c"]) == '/bin/sh -c "exec \\"$$0\\" \\"$$@\\"" "/a$$b" c'
    assert quoting.words(["-x"]).startswith("/bin/sh "), "a minus in front would be a prefix"


def test_an_assignment_may_have_several_lines() -> None:
    assert quoting.assignment("A", 'x "y"\n$z`\\') == 'A="x \\"y\\"\n\\$z\\`\\\\"'


def test_a_description_is_one_line_and_ends_there() -> None:
    assert quoting.text("100 %\nof \\") == "100 %% of \\ "


@pytest.mark.parametrize("path", ["/a\n", "/a ", "/a\\", "/a\x7f", "/a\ud800"])
def test_some_paths_cannot_be_said(path: str) -> None:
    with pytest.raises(UserError, match="systemd"):
        quoting.path(path)


def test_an_environment_files_path_is_no_pattern() -> None:
    assert quoting.pattern("/a*[b]?%") == r"/a\*\[b]\?%%"


@pytest.mark.parametrize("text", ["\0", "\ud83d", "\ufdd0", "\uffff", "\U0010fffe"])
def test_what_is_no_text_is_refused_without_telling_it(text: str) -> None:
    with pytest.raises(UserError, match=r"the variable TOKEN has a sign .* U\+[0-9A-F]{4,6}$") as told:
        quoting.assignment("TOKEN", f"opensesame{text}")
    assert "opensesame" not in str(told.value)
    with pytest.raises(UserError, match="a command has a sign"):
        quoting.word(text)


def test_times_are_never_nothing() -> None:
    assert [*map(quoting.seconds, (5.0, 2.5, 0.0, 3e9))] == ["5", "2.5", "0.000001", "3000000000"]
