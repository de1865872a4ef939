"""The JSON Schema against what reads the file: it takes what procman takes, and refuses wrong shapes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from procman.app import taskfiles
from procman.cli import parser, sources
from procman.cli.commands import schema
from procman.cli.options import ROOT, START
from procman.core.config.fileschema import TASK
from procman.core.config.probekeys import ALIVE, READY
from procman.core.config.processkeys import BACKOFF, KEYS
from procman.core.config.taskfile import MANY
from procman.core.config.taskkeys import KEYS as TASK_KEYS
from procman.core.config.yamltree import Mapping
from procman.errors import UserError
from tests.cli import editors

if TYPE_CHECKING:
    from collections.abc import Iterator

WHOLE = schema.whole()
VALIDATOR = Draft202012Validator(WHOLE)
HERE = Path(__file__).parent.parent.parent
OF_SHAPE = re.compile(
    "unknown key|there is no option|write one value, not|write keys|write lines like|at most$|has no command"
    "|say how|write just one of them|can only be typed"
)
"""Mistakes of the kind that a schema is for."""


@pytest.fixture(scope="module", autouse=True)
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("app"))
        yield


def mistakes(text: str) -> list[str]:
    """What procman says of such a file, and of the options in it."""
    Path("procman.yml").write_text(text)
    taskfiles.forget()
    try:
        taskfiles.read("procman.yml", with_schedules=True)
        sources.complete(parser.read(["start"]))
    except UserError as error:
        return [each.text for each in error.problems]
    return []


def refuses(text: str) -> bool:
    return not VALIDATOR.is_valid(editors.read(text))


def test_it_is_a_schema_of_the_draft_that_it_names() -> None:
    Draft202012Validator.check_schema(WHOLE)
    assert WHOLE["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_every_key_and_option_is_described() -> None:
    properties = WHOLE["properties"]
    web = properties["processes"]["additionalProperties"]["properties"]
    task = properties["tasks"]["additionalProperties"]["anyOf"][1]["properties"]
    tables = [properties, properties["start"]["properties"], web, task]
    tables += [web[part]["properties"] for part in ("ready", "alive", "backoff")]
    assert all(each["description"] for table in tables for each in table.values())
    assert [*web] == [*KEYS]
    assert {*TASK_KEYS, "schedule"} == {*TASK}
    words = sources.by_word(option for option in START if option is not ROOT and not option.only_typed)
    assert {name.replace("-", "_") for name in properties["start"]["properties"]} == {*words}


def test_options_that_take_several_values_are_known() -> None:
    several = {word for word, (option, _) in sources.by_word(START).items() if "," in option.metavar}
    assert several == {*MANY}
    assert [word for word, kinds in MANY.items() if Mapping in kinds] == ["formation", "concurrency"]


EXAMPLES = [
    pytest.param(text, id=f"{path.name}-{number}")
    for path in sorted((HERE / "docs").glob("*.md"))
    for number, text in enumerate(
        re.findall(r"^```yaml\n(.*?)^```", path.read_text(), re.MULTILINE | re.DOTALL)
    )
    if not text.startswith("# .foreman")
] + [
    pytest.param(path.read_text(), id=str(path.relative_to(HERE)))
    for path in sorted((HERE / "examples").rglob("procman.yml"))
]


@pytest.mark.parametrize("text", EXAMPLES)
def test_it_takes_every_example(text: str) -> None:
    assert [*map(str, VALIDATOR.iter_errors(editors.read(text)))] == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "start:",
        "processes:\n  web:",
        "processes: {web: ~}",
        "x-mine: [anything, {at: all}]",
        "x-d: &d {restart: never}\nprocesses:\n  web: {<<: *d, port: 80}",
        "processes: {web: {stdin: null, umask: 022, oneshot: no, timeout: 0, nice: -5, port: '80'}}",
        "processes: {web: {env: {A: 1.5, B: no}, listen: [80, 'h:1'], stop_signal: 15, user: 33}}",
        "processes: {web: {ready: {tcp: port, http: null}, depends_on: {a: ~, b: ready}}}",
        "processes: {web: {backoff: {give_up_after: never}, max_memory: 1.5 GB}}",
        "start: {timeout: 5s, pty: on, no_timestamp: 1, exit-code-from: web, formation: {web: 2}}",
        "start: {timeout: 5, formation: [web=2, worker=1], color: never, quiet: Yes, env: [a, b]}",
        "start: {log-size: 1.5G, log_keep: 0, port: ~}",
        "tasks: {a: x, b: {command: 5, schedule: [every hour, ~], retries: '3', enabled: off}}",
    ],
)
def test_both_take_it(text: str) -> None:
    assert mistakes(text) == []
    assert not refuses(text)


@pytest.mark.parametrize(
    "text",
    [
        "[processes]",
        "proceses: {}",
        "processes: [web]",
        "processes: web",
        "processes: {web: restart}",
        "processes: {web: {restrat: never}}",
        "processes: {web: {ready: {htttp: /}}}",
        "processes: {web: {ready: {}}}",
        "processes: {web: {ready: {within: 3s}}}",
        "processes: {web: {ready: {tcp: 1, http: /}}}",
        "processes: {web: {alive: {log: x}}}",
        "processes: {web: {backoff: {initial: [1s]}}}",
        "processes: {web: {backoff: 1s}}",
        "processes: {web: {env: [A=1]}}",
        "processes: {web: {env: {A: [1]}}}",
        "processes: {web: {watch: {a: b}}}",
        "processes: {web: {depends_on: {a: [ready]}}}",
        "processes: {web: {listen: [1, 2, 3, 4, 5, 6]}}",
        "processes: {web: {restart: sometimes}}",
        "processes: {web: {instances: 0}}",
        "processes: {web: {port: 70000}}",
        "processes: {web: {timeout: 30}}",
        "processes: {web: {max_memory: lots}}",
        "processes: {web: {ready: {http: health}}}",
        "processes: {web: {umask: 'u=rw'}}",
        "start: {prot: 1}",
        "start: {root: a}",
        "start: {detach: true}",
        "start: {port: [1]}",
        "start: {env: {a: b}}",
        "start: {color: purple}",
        "start: {timestamp: maybe}",
        "start: {log_keep: -1}",
        "tasks: {'a b': x}",
        "tasks: {a: ~}",
        "tasks: {a: {desc: x}}",
        "tasks: {a: {command: x, retires: 1}}",
        "tasks: {a: {command: [x, y]}}",
        "tasks: {a: {command: x, keep: 0}}",
        "timezone: [UTC]",
        "state_dir: {a: b}",
        "store: [postgresql://]",
        "app: {a: b}",
    ],
)
def test_both_refuse_it(text: str) -> None:
    assert mistakes(text)
    assert refuses(text)


KNOWN = [f"processes: {{web: {{{key}: %s}}}}" for key in KEYS]
KNOWN += [f"processes: {{web: {{ready: {{{key}: %s}}}}}}" for key in READY]
KNOWN += [f"processes: {{web: {{alive: {{tcp: 1, {key}: %s}}}}}}" for key in ALIVE if key != "tcp"]
KNOWN += [f"processes: {{web: {{backoff: {{{key}: %s}}}}}}" for key in BACKOFF]
KNOWN += [f"tasks: {{t: {{command: x, {key}: %s}}}}" for key in TASK if key != "command"]
KNOWN += [f"start: {{{word}: %s}}" for word in sources.by_word(START)]
KNOWN += [
    "%s",
    "processes: %s",
    "processes: {web: %s}",
    "tasks: %s",
    "tasks: {t: %s}",
    "start: %s",
    "timezone: %s",
]
WORDS = """
    x 1 0 -1 5.5 true no null ~ '' 1s '1m 5s' never always on-failure /a port 80 h:80 QUIT 512M 022 2026-01-01
    stay ready skip UTC text 1e3 .inf 0x1f TRUE Off web=2
""".split("\n")[1:-1]
SCALARS = st.sampled_from([word for line in WORDS for word in re.findall(r"'[^']*'|\S+", line)])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda each: f"[{', '.join(each)}]"),
        st.dictionaries(st.sampled_from([*READY, *BACKOFF, "A", "command"]), inner, max_size=3).map(
            lambda each: "{" + ", ".join(f"{key}: {value}" for key, value in each.items()) + "}"
        ),
    ),
    max_leaves=4,
)


@pytest.mark.parametrize("text", KNOWN)
@pytest.mark.parametrize(
    "value", ["[]", "{}", "[x]", "[[x]]", "[~]", "{a: b}", "{a: {b: c}}", "~", "''", "x", "1"]
)
def test_of_each_key_the_schema_refuses_wrong_shapes_and_nothing_that_procman_takes(
    text: str, value: str
) -> None:
    judge(text.replace("%s", value))


@settings(max_examples=400, derandomize=True, deadline=None, database=None)
@given(st.sampled_from(KNOWN), VALUES)
def test_whatever_procman_takes_the_schema_takes_and_what_has_a_wrong_shape_it_refuses(
    text: str, value: Any
) -> None:
    judge(text.replace("%s", value))


def judge(text: str) -> None:
    found = mistakes(text)
    if not found:
        assert not refuses(text), "procman takes it"
    elif any(OF_SHAPE.search(each) for each in found):
        assert refuses(text), found
