from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procman.core.plan.instances import ALL, check_release, is_named, parse, resolve
from procman.errors import Problem
from tests.core.expect import problems, problems_if_any

TYPES = ("web", "worker", "release", "clock")


def texts(*mistakes: tuple[str, int | None, str]) -> list[str]:
    return [text for _, _, text in mistakes]


def test_a_formation_is_names_and_counts() -> None:
    assert parse("web=2,worker=1,all=1", "formation") == {"web": 2, "worker": 1, "all": 1}


@pytest.mark.parametrize(
    "text", ["web=2,worker=0", " web = 2 , worker=0 ", "web=2,,worker=0,", "web=02,worker=0"]
)
def test_blanks_empty_parts_and_leading_zeros_do_not_matter(text: str) -> None:
    assert parse(text, "formation") == {"web": 2, "worker": 0}


@pytest.mark.parametrize(
    "part", ["web", "web=", "=2", "web=two", "web=-1", "web=1.5", "web=+1", "web=²", "web==1", "web=10000"]
)
def test_a_bad_part_is_an_error_that_quotes_it(part: str) -> None:
    found = problems(lambda: parse(f"clock=1,{part}", "formation"))
    assert found == (("formation", None, f"'{part}' should be NAME=COUNT with a count up to 9999"),)


def test_a_count_too_long_for_an_integer_is_a_mistake_like_any_other() -> None:
    assert len(problems(lambda: parse("web=" + "9" * 5000, "formation"))) == 1


def test_all_bad_parts_are_told_at_once() -> None:
    assert len(problems(lambda: parse("web,worker=1,clock=x", "formation"))) == 2


@given(st.dictionaries(st.text("abc-_.019", min_size=1, max_size=6), st.integers(0, 9999), max_size=5))
def test_every_formation_gives_back_what_was_written(counts: dict[str, int]) -> None:
    assert parse(",".join(f"{name}={count}" for name, count in counts.items()), "formation") == counts


@given(st.text(max_size=30) | st.text("web=,0129 ٣²", max_size=30))
def test_whatever_the_text_counts_are_in_range_or_only_mistakes_are_raised(text: str) -> None:
    if not problems_if_any(lambda: parse(text, "formation")):
        assert all(name and 0 <= count <= 9999 for name, count in parse(text, "formation").items())


def test_without_counts_there_is_one_of_each_type_but_release() -> None:
    assert resolve(TYPES, None, []) == {"web": 1, "worker": 1, "clock": 1}


def test_with_counts_types_not_named_have_none() -> None:
    assert resolve(TYPES, {"web": 2}, []) == {"web": 2}


def test_with_all_types_not_named_have_that_many() -> None:
    assert resolve(TYPES, {"web": 2, ALL: 1, "clock": 0}, []) == {"web": 2, "worker": 1}


def test_all_does_not_mean_release() -> None:
    assert "release" not in resolve(TYPES, {ALL: 3}, [])


def test_release_runs_in_the_formation_only_when_it_is_named() -> None:
    assert resolve(TYPES, {"release": 1}, []) == {"release": 1}
    assert resolve(TYPES, None, ["release"]) == {"release": 1}


def test_names_choose_their_types_alone_in_the_order_of_the_procfile() -> None:
    assert list(resolve(TYPES, None, ["clock", "web"]).items()) == [("web", 1), ("clock", 1)]


def test_names_keep_their_counts() -> None:
    assert resolve(TYPES, {"web": 3, "worker": 2}, ["web"]) == {"web": 3}
    assert resolve(TYPES, {"worker": 2}, ["web"]) == {"web": 1}


def test_what_is_usual_counts_where_nobody_says_a_number() -> None:
    usual = {"web": 3, "worker": 2}
    assert resolve(TYPES, None, [], usual=usual) == {"web": 3, "worker": 2, "clock": 1}
    assert resolve(TYPES, None, ["worker", "clock"], usual=usual) == {"worker": 2, "clock": 1}
    assert resolve(TYPES, {"worker": 1}, ["web", "worker"], usual=usual) == {"web": 3, "worker": 1}
    assert resolve(TYPES, {"web": 1, ALL: 4}, [], usual=usual) == {"web": 1, "worker": 4, "clock": 4}


def test_who_is_named_is_known() -> None:
    assert is_named("web", None, ["web"])
    assert is_named("web", {"web": 1}, [])
    assert not is_named("web", {"web": 0, ALL: 2}, ["worker"])
    assert not is_named("web", None, [])


def test_an_unknown_name_is_an_error_that_suggests_a_near_one() -> None:
    found = problems(lambda: resolve(TYPES, None, ["wbe"]))
    assert found == (("command line", None, "no process type 'wbe' in the Procfile, did you mean 'web'?"),)


def test_an_unknown_name_in_the_counts_is_an_error_of_their_source() -> None:
    found = problems(lambda: resolve(TYPES, {"xyz": 1}, [], "start.formation"))
    assert found == (("start.formation", None, "no process type 'xyz' in the Procfile"),)


def test_all_is_no_process_type_on_the_command_line() -> None:
    assert texts(*problems(lambda: resolve(TYPES, None, ["all"]))) == [
        "no process type 'all' in the Procfile"
    ]


def test_all_unknown_names_are_told_at_once() -> None:
    found = problems(lambda: resolve(TYPES, {"q1": 1}, ["q2", "q3"]))
    assert [source for source, _, _ in found] == ["formation", "command line", "command line"]


@pytest.mark.parametrize(("counts", "names"), [({"all": 0}, []), ({}, []), ({"web": 0}, ["web"])])
def test_a_formation_of_nothing_is_an_error(counts: dict[str, int], names: list[str]) -> None:
    assert texts(*problems(lambda: resolve(TYPES, counts, names))) == [
        "nothing to start: every process type has 0 instances"
    ]


@pytest.mark.parametrize(
    ("types", "text"),
    [
        (["web", "relase"], "Procfile.x has no 'release:' line, did you mean 'relase'?"),
        (["web"], "Procfile.x has no 'release:' line: write one, or leave --release out"),
    ],
)
def test_to_ask_for_a_release_that_is_not_there_is_an_error(types: list[str], text: str) -> None:
    assert problems(lambda: check_release(types, types, "Procfile.x")) == (Problem("--release", None, text),)


def test_a_release_is_run_only_once() -> None:
    check_release(TYPES, ["web"], "Procfile")
    (problem,) = problems(lambda: check_release(TYPES, ["release", "web"], "Procfile"))
    assert problem.text == "it runs 'release' first already: leave 'release' out of the types to start"


COUNTS = st.none() | st.dictionaries(st.sampled_from([*TYPES, ALL, "wrong"]), st.integers(0, 3))


@given(COUNTS, st.lists(st.sampled_from([*TYPES, "wrong", ALL]), max_size=3))
def test_whatever_is_asked_for_only_known_types_run_in_order_and_each_at_least_once(
    counts: dict[str, int] | None, names: list[str]
) -> None:
    if problems_if_any(lambda: resolve(TYPES, counts, names)):
        return
    formation = resolve(TYPES, counts, names)
    assert list(formation) == [name for name in TYPES if name in formation]
    assert formation
    assert min(formation.values()) > 0
    assert not names or set(formation) <= set(names)
