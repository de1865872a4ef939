from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procman.core.plan.ports import DEFAULT_BASE, LAST, parse_base, port_of, variable
from tests.core.expect import problems, problems_if_any


def test_the_base_is_5000_when_nothing_else_is_said() -> None:
    assert DEFAULT_BASE == 5000


@pytest.mark.parametrize(
    ("text", "port"), [("1", 1), ("5000", 5000), (" 80\n", 80), ("65535", 65535), ("0000003000", 3000)]
)
def test_a_port_is_a_number_from_1_to_65535(text: str, port: int) -> None:
    assert parse_base(text, "port") == port


@pytest.mark.parametrize(
    "text", ["", "0", "00", "65536", "-1", "+80", "80.0", "http", "1_000", "٣", "५०००", "8 0", "9" * 5000]
)
def test_anything_else_is_an_error_that_says_where_it_came_from(text: str) -> None:
    secret = problems(lambda: parse_base(text, "PORT in .env", secret=True))
    assert secret == (("PORT in .env", None, "this is not a port number from 1 to 65535"),)
    found = problems(lambda: parse_base(text, "PORT in .env"))
    assert found == (("PORT in .env", None, f"'{text}' is not a port number from 1 to 65535"),)


@given(st.text(max_size=8) | st.text("0123456789 +-_.", max_size=8) | st.integers().map(str))
def test_whatever_the_text_the_port_is_in_range_or_a_mistake_is_raised(text: str) -> None:
    if not problems_if_any(lambda: parse_base(text, "port")):
        assert 1 <= parse_base(text, "port") == int(text) <= LAST


@given(st.integers(1, LAST))
def test_every_port_number_is_read_as_it_is_written(port: int) -> None:
    assert parse_base(str(port), "port") == port


@pytest.mark.parametrize(
    ("index", "instance", "port"), [(0, 1, 5000), (0, 2, 5001), (1, 1, 5100), (3, 4, 5303)]
)
def test_type_k_gets_100_k_more_than_the_base_and_instance_n_another_n_less_1(
    index: int, instance: int, port: int
) -> None:
    assert port_of(5000, index, instance) == port


def test_no_port_is_beyond_the_last() -> None:
    assert port_of(65434, 1, 2) == 65535
    assert port_of(65434, 1, 3) is None
    assert port_of(65435, 1, 2) is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("web", "PROCMAN_PORT_WEB"),
        ("web-ui", "PROCMAN_PORT_WEB_UI"),
        ("a.b_2", "PROCMAN_PORT_A_B_2"),
        ("2nd", "PROCMAN_PORT_2ND"),
    ],
)
def test_the_variable_of_a_type_is_its_name_in_capitals_with_other_signs_as_underscores(
    name: str, expected: str
) -> None:
    assert variable(name) == expected
