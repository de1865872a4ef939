"""Where the state of an app is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from procman.errors import UserError
from procman.host import place

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """No procman has started these tests."""
    for name in (place.ROOT, place.STATE, place.STORE, place.APP):
        monkeypatch.delenv(name, raising=False)


def write(root: Path, text: str) -> None:
    """Another file, so that the change is seen however fast it comes."""
    new = root / "new"
    new.write_text(text)
    new.rename(root / "procman.yml")


def test_it_is_beside_the_procfile(tmp_path: Path) -> None:
    assert place.of(str(tmp_path)) == str(tmp_path / ".procman")
    write(tmp_path, "tasks: {mail: send}\n")
    assert place.of(str(tmp_path)) == str(tmp_path / ".procman")


@pytest.mark.parametrize(
    ("named", "found"),
    [
        ("var/state", "{}/var/state"),
        ("/srv/state", "/srv/state"),
        ("../state", "{}/../state"),
        ("~/s", "/me/s"),
    ],
)
def test_the_file_or_the_environment_says_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str, found: str
) -> None:
    monkeypatch.setenv("HOME", "/me")
    root = tmp_path / "app"
    root.mkdir()
    expected = found.format(root).replace("app/../", "")
    write(root, f"state_dir: {named}\n")
    assert place.of(str(root)) == expected
    write(root, "state_dir: other\n")
    monkeypatch.setenv(place.STATE, named)
    assert place.of(str(root)) == expected


def test_a_change_of_the_file_is_seen(tmp_path: Path) -> None:
    write(tmp_path, "state_dir: one\n")
    assert place.of(str(tmp_path)) == str(tmp_path / "one")
    write(tmp_path, "state_dir: other\n")
    assert place.of(str(tmp_path)) == str(tmp_path / "other")
    write(tmp_path, "# no state_dir\n")
    assert place.of(str(tmp_path)) == str(tmp_path / ".procman")


def test_an_empty_variable_says_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(place.STATE, "")
    assert place.of(str(tmp_path)) == str(tmp_path / ".procman")


def test_what_an_outer_procman_says_of_its_app_is_not_meant_for_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(place.STATE, "/srv/outer")
    monkeypatch.setenv(place.ROOT, str(tmp_path / "outer"))
    assert place.of(str(tmp_path)) == str(tmp_path / ".procman")
    (tmp_path / "link").symlink_to(tmp_path)
    monkeypatch.setenv(place.ROOT, str(tmp_path / "link"))
    assert place.of(str(tmp_path)) == "/srv/outer"


def test_mistakes_elsewhere_in_the_file_are_no_matter(tmp_path: Path) -> None:
    write(tmp_path, "state_dir: state\ntasks: {mail: {comand: x}}\ntasks: {}\n")
    assert place.of(str(tmp_path)) == str(tmp_path / "state")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("state_dir: [\n", "procman.yml:"),
        ("state_dir:\n", "state_dir: it has no value"),
        ("state_dir: [a]\n", "state_dir: write one value, not a list"),
        ("state_dir: ' '\n", "state_dir: it is empty"),
    ],
)
def test_while_it_is_not_known_that_is_an_error_unless_it_was_known_before(
    tmp_path: Path, text: str, told: str
) -> None:
    write(tmp_path, text)
    with pytest.raises(UserError, match=told):
        place.of(str(tmp_path))
    write(tmp_path, "state_dir: state\n")
    place.of(str(tmp_path))
    write(tmp_path, text)
    assert place.of(str(tmp_path)) == str(tmp_path / "state")


def test_a_store_is_a_file_of_that_folder_or_what_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "shop"
    root.mkdir()
    assert place.store(str(root)).where == str(root / ".procman" / "procman.db")
    write(root, "store: postgresql://db/shop\n")
    assert place.store(str(root)) == ("postgresql://db/shop", "shop")
    write(root, "store: postgresql://db/shop\napp: our shop\n")
    assert place.store(str(root)) == ("postgresql://db/shop", "our shop")
    monkeypatch.setenv(place.STORE, "sqlite:///srv/shop.db")
    monkeypatch.setenv(place.APP, "theirs")
    assert place.store(str(root)) == ("sqlite:///srv/shop.db", "theirs")
    monkeypatch.setenv(place.ROOT, str(tmp_path / "outer"))
    assert place.store(str(root)) == ("postgresql://db/shop", "our shop")


def test_the_file_says_what_the_app_is_called_though_a_variable_says_where_the_store_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "app: shop\ntasks: {}\n")
    assert place.of(str(tmp_path)) == str(tmp_path / ".procman")
    monkeypatch.setenv(place.STORE, "postgresql://")
    assert place.store(str(tmp_path)) == ("postgresql://", "shop")
    write(tmp_path, "app: other\n")
    assert place.store(str(tmp_path)) == ("postgresql://", "other")
    assert place.named(str(tmp_path)) == "other"


def test_the_name_of_a_folder_is_none_that_somebody_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(place.APP, " ")
    assert place.named(str(tmp_path)) is None
    monkeypatch.setenv(place.STORE, "postgresql://")
    (tmp_path / "shop").mkdir()
    (tmp_path / "current").symlink_to("shop")
    assert place.store(str(tmp_path / "current")) == ("postgresql://", "shop")


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("mysql://me:secret@db/shop", "write the URL of a store"),
        ("me:secret@db/shop", "write the URL of a store"),
        ("var/shop.db", "write the URL of a store"),
        ("postgresql", "write the URL of a store"),
        ("postgresql:me:secret@db", "write the URL of a store"),
        ("sqlite:shop.db", "the path must be absolute"),
        ("sqlite://shop.db", "the path must be absolute"),
        ("sqlite:///", "the path must be absolute"),
    ],
)
def test_what_is_no_url_of_a_store_is_told_with_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, told: str
) -> None:
    write(tmp_path, f"tasks: {{}}\nstore: {url}\n")
    with pytest.raises(UserError, match=f"procman.yml:2: store: {told}") as in_file:
        place.store(str(tmp_path))
    monkeypatch.setenv(place.STORE, url)
    with pytest.raises(UserError, match=f"^PROCMAN_STORE: {told}") as in_variable:
        place.store(str(tmp_path))
    assert "secret" not in f"{in_file.value}{in_variable.value}"
