"""No value of a variable, and nothing of a command, is in what is told: standard error is read by many."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from procman.errors import UserError
from procman.importing import sources
from tests.importing import everyfile
from tests.importing.samples import gather, lost

EXAMPLES = max(10, int(os.environ.get("PROCMAN_EXAMPLES", "200")) // 10)
MARK = "s3cr3t"
SIGNS = st.lists(
    st.sampled_from([*"\"'\\$%@*`!&|>#:;=,?^~+- [](){}", "${", "%(", "$(", "{{", "<%=", ": ", " #", "\\x"]),
    max_size=3,
).map("".join)


@st.composite
def secrets(draw: st.DrawFn) -> str:
    """A password as it may be: with signs that mean something to somebody in it."""
    parts = draw(st.lists(SIGNS, min_size=2, max_size=3))
    return MARK.join(parts) if len(parts) > 1 else MARK


def told(kind: str, *files: tuple[str, str]) -> list[str]:
    """What is told of these files, without the names that things got from the commands that they run."""
    try:
        found = gather(*files, kind=kind)
    except UserError as error:
        return [*error.lines]
    names = [name for name in (*found.tasks, *found.processes) if MARK in name]
    lines = lost(found)
    for name in names:
        lines = [line.replace(name, "") for line in lines]
    return lines


@pytest.mark.parametrize("kind", sources.SOURCES)
@given(secret=secrets())
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[*HealthCheck])
def test_no_secret_is_told(kind: str, secret: str) -> None:
    files = everyfile.of_kind(kind)
    assert any(everyfile.SECRET in each.text for each in files)
    texts = [(each.name, each.text.replace(everyfile.SECRET, secret)) for each in files]
    assert not [line for line in told(kind, *texts) if MARK in line]


COMPOSE = "services:\n  web:\n    build: .\n    command: x\n    environment:\n      "
SLIPS = [
    *(("compose", f"{COMPOSE}{each}\n") for each in (
        "PASSWORD: @s3cr3t", "PASSWORD: *s3cr3t", "PASSWORD: %s3cr3t", "PASSWORD: `s3cr3t`", "PASSWORD: !s3cr3t x",
        "PASSWORD: [s3cr3t]", "PASSWORD: {s3cr3t: x}", "PASSWORD: 's3cr3t", "PASSWORD: s3cr3t: x",
        "- 'PASSWORD: s3cr3t'", "- PASSWORD s3cr3t", "- PASSWORD: s3cr3t", "PASSWORD: ${s3cr3t!}",
        "PASSWORD: ${Xs3cr3t", "PASSWORD: ${X:-${s3cr3t/x}}", "PORT: s3cr3t", "PS: s3cr3t", "PASSWORD: &a s3cr3t\n      X: *b",
    )),
    *(("process-compose", f"processes: {{web: {{command: x, environment: [{each}]}}}}") for each in (
        "'PASSWORD=${s3cr3t!}'", "'PASSWORD s3cr3t'", "'PASSWORD: s3cr3t'", "'PASSWORD:s3cr3t'", "PASSWORD: s3cr3t",
        "'PORT=s3cr3t'", "'PS=s3cr3t'",
    )),
    *(("systemd", f"[Service]\nExecStart=/x\n{each}\n") for each in (
        "Environment=PASSWORD=a s3cr3t", "Environment='PASSWORD=s3cr3t", "Environment=PASSWORD=%s3cr3t",
        "Environment=PASSWORD=\\x00s3cr3t", "Enviroment=PASSWORD=s3cr3t", "ExecStart=/y --password 's3cr3t",
        "ExecStartPre=/y --password %s3cr3t", "ExecStop=/y s3cr3t", "SetCredential=a:s3cr3t", "s3cr3t",
        "ConditionEnvironment=PASSWORD=s3cr3t", "PassEnvironment=A\nUnsetEnvironment=PASSWORD=s3cr3t",
    )),
    *((kind, f"{each}\n") for kind in ("crontab", "crontab-system") for each in (
        "export PASSWORD=s3cr3t", "export PASSWORD='a s3cr3t b c d e'", "PASSWORD: s3cr3t a b c d e",
        "PASSWORD s3cr3t a b c d e", "'PASSWORD' s3cr3t", "PASSWORD='s3cr3t' x", "PASSWORD='s3cr3t",
        "PASSWORD=s3cr3t", "MAILTO=s3cr3t", "CONTENT_TYPE=s3cr3t", "A=s3cr3t\n* * * * * root x\nA=s3cr3t2\n",
        "* * * * * s3cr3t", "@dayly s3cr3t root x", "* * * * s3cr3t",
    )),
    *(("supervisord", f"[program:x]\ncommand=x\nenvironment={each}\n") for each in (
        "PASSWORD=s3cr3t x", "PASSWORD='s3cr3t", "PASSWORD s3cr3t", "PASSWORD='%s3cr3t'", "PASSWORD=%s3cr3t",
        "A.B=s3cr3t", "PORT=s3cr3t", "PASSWORD: s3cr3t", "\n  s3cr3t", "X=1\ns3cr3t",
    )),
    *(("circus", f"[watcher:x]\ncmd=x\n[env:x]\n{each}\n") for each in (
        "PASSWORD s3cr3t", "PASSWORD.X=s3cr3t", "PORT=s3cr3t", "PASSWORD=$(circus.s3cr3t",
    )),
    *((kind, each) for kind in ("pm2", "app.json") for each in (
        '{"env": {"PASSWORD": s3cr3t}}', '{"env": {"PASSWORD": \'s3cr3t}}', '{"env": {"PASSWORD": "s3cr3t}}',
        '{"env": {"PASSWORD" s3cr3t}}', '{"env": {"PASSWORD": "x" s3cr3t}}', '{"env": {"PASSWORD": ["s3cr3t"]}}',
        '{"env": {"PORT": "s3cr3t", "PS": "s3cr3t"}}', '{"env": {"A": "s3cr3t\\u0000"}}', '{} s3cr3t',
        '{"apps": [{"script": "x", "env": {"PASSWORD": ["s3cr3t"], "A.B": "s3cr3t", "PORT": "s3cr3t"}}]}',
    )),
    *(("kubernetes", "kind: Secret\nmetadata: {name: a}\n" + each) for each in (
        "data: {A: s3cr3t}", "stringData: {A: [s3cr3t]}", "stringData: [s3cr3t]", "stringData: s3cr3t",
        "stringData: {A: @s3cr3t}", "stringData: {A: &s3cr3t, B: *s3cr3t}",
        "data: {}\n---\nkind: Pod\nspec: {containers: [{command: [x], env: [{name: A, value: [s3cr3t]}]}]}",
        "data: {}\n---\nkind: Pod\nspec: {containers: [{command: [x], env: [{name: PORT, value: s3cr3t}]}]}",
    )),
    *(("overmind", f"{each}\n") for each in (
        "OVERMIND_NEW=s3cr3t", "OVERMIND_STOP_SIGNALS=s3cr3t", "PASSWORD s3cr3t", "PASSWORD: s3cr3t", "PORT=s3cr3t",
        "PASSWORD='s3cr3t", "PASSWORD='s3cr3t' s3cr3t", "PASSWORD='a\ns3cr3t",
    )),
    *(("good_job", f"config.good_job.cron = {{ a: {{ cron: '@daily', class: 'A', args: {each} }} }}") for each in (
        "['s3cr3t", "[s3cr3t(1)]", "{ s3cr3t => 1 }", "['s3cr3t' + 1]", "[0x5s3cr3t]",
    )),
    *((kind, f"a: {{cron: '@daily', schedule: '@daily', every: 1h, class: A, args: {each}}}\n")
      for kind in ("sidekiq-cron", "sidekiq-scheduler", "solid_queue", "good_job") for each in (
        "[:'s3cr3t']", "[!s3cr3t x]", "@s3cr3t", "'[s3cr3t]'", "[1_s3cr3t]", "{token: 0_s3cr3t}", "[0_1s3cr3t]",
    )),
    ("foreman", "password: s3cr3t\n"), ("foreman", "env: {PASSWORD: [s3cr3t]}\n"), ("foreman", "s3cr3t\n"),
]  # fmt: skip
"""Variables as somebody writes them who is wrong about the format."""


@pytest.mark.parametrize(("kind", "text"), SLIPS)
def test_no_secret_is_told_by_a_slip_of_the_pen(kind: str, text: str) -> None:
    assert MARK in text
    assert not [line for line in told(kind, ("x", text)) if MARK in line]
