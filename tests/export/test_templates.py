"""Templates: the user's own in the place of procman's, and mistakes in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from procman.errors import UserError
from procman.export.formats import FORMATS, exporter
from procman.export.templates import OWN, renderer

if TYPE_CHECKING:
    from pathlib import Path


def fill(folder: Path, text: str, **values: object) -> str:
    (folder / "x.j2").write_text(text)
    return renderer("systemd", {"twice": lambda text: text * 2}, [str(folder)])("x.j2", **values)


def test_a_template_is_filled_in_as_it_stands(tmp_path: Path) -> None:
    text = "{% for each in names %}\n- {{ each }}\n{% endfor %}\n<&\"'>\n"
    assert fill(tmp_path, text, names=["<a>", "b & c"]) == "- <a>\n- b & c\n<&\"'>\n"


def test_filters_are_those_of_the_format(tmp_path: Path) -> None:
    assert fill(tmp_path, "{{ name | twice }}", name="ab") == "abab"


def test_the_first_folder_with_the_template_wins(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.j2").write_text(name)
    (tmp_path / "two" / "y.j2").write_text("only two")
    render = renderer("systemd", {}, [str(tmp_path / "one"), str(tmp_path / "two"), str(tmp_path / "none")])
    assert (render("x.j2"), render("y.j2")) == ("one", "only two")


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a\n{% if %}", 2, "Expected an expression"),
        ("{{ nmae }}", None, "'nmae' is undefined"),
        ("{{ name.x.y }}", None, "has no attribute 'x'"),
        ("{{ name | thrice }}", 1, "thrice"),
        ("{% include 'none.j2' %}", None, "none.j2"),
        ("{{ name + 1 }}", None, "concatenate"),
    ],
)
def test_a_mistake_in_a_template_is_told_with_its_file(
    tmp_path: Path, text: str, line: int | None, said: str
) -> None:
    with pytest.raises(UserError) as caught:
        fill(tmp_path, text, name="web")
    (problem,) = caught.value.problems
    assert problem.source.endswith("x.j2")
    assert (problem.line, said in problem.text) == (line, True)


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_has_templates_that_use_its_filters(name: str) -> None:
    from pathlib import Path

    texts = [path.read_text() for path in Path(OWN, name).iterdir()]
    assert texts
    for each in exporter(name).FILTERS:
        assert any(f"| {each}" in text for text in texts), f"no template of {name} uses the filter {each}"
