from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from procman.errors import StoreError
from procman.store.open import in_folder, is_there, open_store

from .rows import asked

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("url", ["sqlite://{}", "SQLite://{}", "sqlite:///{}"])
def test_a_store_is_opened_by_path_or_url(tmp_path: Path, url: str) -> None:
    folder = tmp_path / "a b%"
    folder.mkdir()
    path = in_folder(str(folder))
    place = url.format(path.replace("%", "%25").replace(" ", "%20"))
    assert not is_there(path)
    assert not is_there(place)
    store = open_store(place)
    store.request(asked())
    assert is_there(place)
    other = open_store(path)
    assert other.jobs() == store.jobs() != []
    other.close()
    store.close()


def test_a_path_is_no_url_whatever_is_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sqlite:").mkdir()
    open_store(f"{tmp_path}/sqlite://procman.db").close()
    assert (tmp_path / "sqlite:" / "procman.db").exists()


WRONG = {
    "mysql://me:secret@host/app": "mysql://…: no such kind of store: a path, sqlite:///PATH and",
    "postgres+x://me:secret@host/app": "postgres+x://…: no such kind of store",
    "://x": "://…: no such kind of store",
    "sqlite://procman.db": "the path must be absolute, as in sqlite:///var/lib/app/procman.db",
    "sqlite://": "the path must be absolute",
}


@pytest.mark.parametrize(("url", "text"), WRONG.items())
def test_another_url_is_an_error_that_says_what_is_known(url: str, text: str) -> None:
    for ask in (open_store, is_there):
        with pytest.raises(StoreError) as caught:
            ask(url)
        assert text in str(caught.value)
        assert "secret" not in str(caught.value)
