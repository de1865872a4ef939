"""Which files patterns mean."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from procman.core.plan.globs import IGNORED, Globs

MEANT = {
    "*.py": ["a.py", "a.b.py"],
    "app/*.py": ["app/a.py"],
    "app/**/*.py": ["app/a.py", "app/b/a.py", "app/b/c/a.py"],
    "**/*.html": ["a.html", "b/c/a.html"],
    "app/**": ["app/a", "app/b/c"],
    "**": ["a", "b/c"],
    "./app//*.py": ["app/a.py"],
    "config/": ["config/a", "config/b/c"],
    "config": ["config", "config/a", "config/b/c"],
    "**/templates/": ["templates/a", "b/templates/c/d"],
    "app/*/": ["app/a/b", "app/a/b/c"],
    ".": ["a", "b/c"],
    ".env": [".env"],
    "config/.*": ["config/.env"],
    "**/.config/*.yml": [".config/a.yml", "b/.config/a.yml"],
    "*.{html,css}": ["a.html", "a.css"],
    "{app,lib/{a,b}}/*.py": ["app/x.py", "lib/a/x.py", "lib/b/x.py"],
    "?.py": ["a.py", "é.py"],
    "[a-c_].py": ["b.py", "_.py"],
    "[!a-c].py": ["d.py"],
    "[^a-c].py": ["d.py"],
    "[]-].py": ["].py", "-.py"],
    "[c-a]x.py": [],
    "[!c-a]x.py": ["bx.py"],
    "a[b.py": ["a[b.py"],
    "{a.py": ["{a.py"],
    "{a}.py": ["{a}.py"],
    "a+(b).py": ["a+(b).py"],
    " app/*.py ": ["app/a.py"],
    "a\nb/*": ["a\nb/c\nd"],
}
OTHERS = {
    "*.py": ["app/a.py", "a.pyx", ".a.py"],
    "app/*.py": ["app/b/a.py", "lib/app/a.py", "app/.a.py", "app.py"],
    "app/**/*.py": ["a.py", "app", "app/a.html", "app/.b/a.py", "apps/a.py"],
    "**/*.html": [".b/a.html", "b/.c/a.html"],
    "config/": ["a", "configs/a", "b/config/a", "config/.env", "config/.b/c"],
    "app/*/": ["app/.a/b", "lib/a/b"],
    "config/.*": ["config/env", "config/.b/c"],
    ".env": [".env.local", "a/.env"],
    "?.py": ["ab.py", "..py"],
    "[!a].py": [".py", "a.py", "..py"],
    "[c-a]x.py": ["ax.py", "bx.py"],
    "{a}.py": ["a.py"],
}


@pytest.mark.parametrize(("pattern", "path"), [(each, path) for each in MEANT for path in MEANT[each]])
def test_what_a_pattern_means(pattern: str, path: str) -> None:
    assert Globs([pattern]).matches(path)


@pytest.mark.parametrize(("pattern", "path"), [(each, path) for each in OTHERS for path in OTHERS[each]])
def test_what_a_pattern_does_not_mean(pattern: str, path: str) -> None:
    assert not Globs([pattern]).matches(path)


def test_what_is_taken_out_is_so_with_all_below_wherever_it_stands() -> None:
    globs = Globs(["!app/old", "!**/test_*", "app/**", "!app/*.{txt,md}", "!"])
    meant = ["app/a", "app/b/a.txt", "app/older/a", "app/b/old"]
    others = ["app/old", "app/old/a", "app/old/.b/c", "app/test_a", "app/test_b/c", "app/a.md", "app/.a.md"]
    assert [path for path in meant + others if globs.matches(path)] == meant


def test_all_is_meant_where_there_is_only_what_is_taken_out() -> None:
    globs = Globs(["!app/old/"])
    assert globs.matches("a")
    assert globs.matches("app/a/b")
    assert not globs.matches("app/old/a")


@pytest.mark.parametrize("name", sorted(IGNORED))
def test_what_never_counts_is_neither_meant_nor_entered(name: str) -> None:
    globs = Globs(["**", f"**/{name}/**", f"{name}/", "**/.*"])
    for path in (name, f"{name}/a.py", f"b/{name}/c/a.py"):
        assert not globs.matches(path)
        assert not globs.enters(path)


LEFT_BY_EDITORS = "a.py~ .a.py.swp .a.py.swo .swx 4913 #a.py# .#a.py a.tmp a.py___jb_tmp___ a.py___jb_old___"


@pytest.mark.parametrize("name", [*LEFT_BY_EDITORS.split(), ".DS_Store", "a.pyc"])
def test_what_editors_leave_never_counts(name: str) -> None:
    globs = Globs(["**", "**/.*"])
    assert not globs.matches(name)
    assert not globs.matches(f"app/{name}")


@pytest.mark.parametrize(
    ("pattern", "entered", "others"),
    [
        ("*.py", [""], ["app"]),
        ("app/*.py", ["", "app"], ["app/b", "lib"]),
        ("app/**/*.py", ["", "app", "app/b/c"], ["lib", "app/.b", "app/node_modules"]),
        ("config/", ["", "config", "config/a/b"], ["app", "config/.a"]),
        ("a/*/b.py", ["", "a", "a/x"], ["b", "a/x/y", "a/.x"]),
        ("a/*/c/b.py", ["", "a", "a/x", "a/x/c"], ["a/x/y"]),
        ("**/.github/*.yml", ["", "a", "a/.github", ".github"], [".git", "a/.b"]),
        ("**", ["", "a/b"], [".a", "a/.b", "venv"]),
    ],
)
def test_only_folders_are_entered_that_lead_to_files(
    pattern: str, entered: list[str], others: list[str]
) -> None:
    globs = Globs([pattern])
    assert [folder for folder in entered + others if globs.enters(folder)] == entered


def test_what_is_taken_out_is_not_entered() -> None:
    globs = Globs(["**", "!log/", "!*/cache/**"])
    assert [each for each in ("log", "log/a", "app/cache/b", "app/cache", "app") if globs.enters(each)] == [
        "app"
    ]


@pytest.mark.parametrize(
    ("pattern", "link", "entered"),
    [
        ("current/**", "current", True),
        ("current/", "current", True),
        ("*/app.py", "current", True),
        ("**/current/*.py", "current", True),
        ("**/*.py", "current", False),
        ("app/**", "app/shared", False),
        ("config/", "config/shared", False),
        ("**/current/*.py", "app/current", False),
    ],
)
def test_only_links_are_entered_that_are_written(pattern: str, link: str, entered: bool) -> None:
    assert Globs([pattern]).enters(link, is_link=True) is entered


def test_a_long_name_and_many_stars_take_no_time() -> None:
    assert not Globs(["*a*a*a*a*a*a*a*a*b"]).matches("a" * 250)
    assert Globs(["*a*a*a*a*a*a*a*a*b"]).matches("a" * 250 + "b")
    assert not Globs(["**/" * 20 + "b"]).matches("a/" * 100 + "a")


# Against an oracle that goes through a pattern sign by sign

SIGNS = st.sampled_from([*"ab.*?", "[ab]", "[!a]"])
NAMES = st.text("ab.", min_size=1, max_size=3)
PATHS = st.lists(NAMES, min_size=1, max_size=4)
PATTERNS = st.lists(
    st.just("**") | st.lists(SIGNS, min_size=1, max_size=4).map("".join), min_size=1, max_size=4
)


def fits_name(pattern: str, name: str) -> bool:
    if not pattern:
        return not name
    if pattern[0] == "*":
        return fits_name(pattern[1:], name) or (bool(name) and fits_name(pattern, name[1:]))
    if not name:
        return False
    if pattern[0] == "[":
        inner, _, rest = pattern[1:].partition("]")
        return (name[0] in inner) is not inner.startswith("!") and fits_name(rest, name[1:])
    return pattern[0] in ("?", name[0]) and fits_name(pattern[1:], name[1:])


def fits(pattern: list[str], path: list[str]) -> bool:
    """As bash with globstar; `**` is no folder, or one that is not hidden and again `**`."""
    if not pattern:
        return not path
    first, *rest = pattern
    if first == "**":
        return fits(rest, path) or (bool(path) and not path[0].startswith(".") and fits(pattern, path[1:]))
    if not path or (path[0].startswith(".") and not first.startswith(".")):
        return False
    return fits_name(first, path[0]) and fits(rest, path[1:])


def means(pattern: list[str], path: list[str]) -> bool:
    """All below a last name without wildcards is meant too, as far as it is not hidden."""
    if any(sign in pattern[-1] for sign in "*?["):
        return fits(pattern, path)
    heads = [length for length in range(1, len(path) + 1) if fits(pattern, path[:length])]
    return any(not any(name.startswith(".") for name in path[length:]) for length in heads)


def is_usual(names: list[str]) -> bool:
    return all(name.strip(".") for name in names)


@settings(max_examples=500)
@given(PATTERNS.filter(is_usual), PATHS.filter(is_usual))
@example(["**"], [".a"])
@example(["**", "a"], ["a", "a", "a"])
@example(["**", "*"], ["a", ".a"])
@example(["a", "**", "**"], ["a"])
def test_patterns_mean_what_the_oracle_says(pattern: list[str], path: list[str]) -> None:
    assert Globs(["/".join(pattern)]).matches("/".join(path)) is means(pattern, path)


@settings(max_examples=300)
@given(
    st.lists(PATTERNS.filter(is_usual), min_size=1, max_size=2),
    PATTERNS.filter(is_usual),
    PATHS.filter(is_usual),
)
def test_every_folder_above_a_file_that_is_meant_is_entered(
    patterns: list[list[str]], taken_out: list[str], path: list[str]
) -> None:
    globs = Globs([*map("/".join, patterns), "!" + "/".join(taken_out)])
    if globs.matches("/".join(path)):
        assert all(globs.enters("/".join(path[:length])) for length in range(len(path)))


@given(st.text("ab./*?[]!{},^-\\~# \n", max_size=20), st.text("ab.[]{}-", min_size=1, max_size=6))
def test_any_text_is_a_pattern(text: str, path: str) -> None:
    globs = Globs([text, "a"])
    assert globs.matches(path) in (True, False)
    assert globs.enters(path) in (True, False)
