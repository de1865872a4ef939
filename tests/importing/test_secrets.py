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


WRONG: list[tuple[tuple[str, ...], str, tuple[str, ...]]] = [
    (
        ("compose",),
        "services:\n  web:\n    build: .\n    command: x\n    environment:\n      @@\n",
        (
            *("PASSWORD: @s3cr3t", "PASSWORD: *s3cr3t", "PASSWORD: %s3cr3t", "PASSWORD: `s3cr3t`"),
            *("PASSWORD: !s3cr3t x", "PASSWORD: [s3cr3t]", "PASSWORD: {s3cr3t: x}", "PASSWORD: 's3cr3t"),
            *("PASSWORD: s3cr3t: x", "- 'PASSWORD: s3cr3t'", "- PASSWORD s3cr3t", "- PASSWORD: s3cr3t"),
            *("PASSWORD: ${s3cr3t!}", "PASSWORD: ${Xs3cr3t", "PASSWORD: ${X:-${s3cr3t/x}}", "PORT: s3cr3t"),
            *("PS: s3cr3t", "PASSWORD: &a s3cr3t\n      X: *b"),
        ),
    ),
    (
        ("process-compose",),
        "processes: {web: {command: x, environment: [@@]}}",
        (
            *("'PASSWORD=${s3cr3t!}'", "'PASSWORD s3cr3t'", "'PASSWORD: s3cr3t'", "'PASSWORD:s3cr3t'"),
            *("PASSWORD: s3cr3t", "'PORT=s3cr3t'", "'PS=s3cr3t'"),
        ),
    ),
    (
        ("systemd",),
        "[Service]\nExecStart=/x\n@@\n",
        (
            *(
                "Environment=PASSWORD=a s3cr3t",
                "Environment='PASSWORD=s3cr3t",
                "Environment=PASSWORD=%s3cr3t",
            ),
            *("Environment=PASSWORD=\\x00s3cr3t", "Enviroment=PASSWORD=s3cr3t", "ExecStart=/y -p 's3cr3t"),
            *("ExecStartPre=/y -p %s3cr3t", "ExecStop=/y s3cr3t", "SetCredential=a:s3cr3t", "s3cr3t"),
            *("ConditionEnvironment=A=s3cr3t", "UnsetEnvironment=PASSWORD=s3cr3t", "ExecStart=+/y -p s3cr3t"),
        ),
    ),
    (
        ("crontab", "crontab-system"),
        "@@\n",
        (
            *("export PASSWORD=s3cr3t", "export PASSWORD='a s3cr3t b c d e'", "PASSWORD: s3cr3t a b c d e"),
            *("PASSWORD s3cr3t a b c d e", "'PASSWORD' s3cr3t", "PASSWORD='s3cr3t' x", "PASSWORD='s3cr3t"),
            *(
                "PASSWORD=s3cr3t",
                "MAILTO=s3cr3t",
                "CONTENT_TYPE=s3cr3t",
                "* * * * * s3cr3t",
                "* * * * s3cr3t",
            ),
            *("@dayly s3cr3t root x", "A=s3cr3t\n* * * * * root x\nA=s3cr3t2\n"),
        ),
    ),
    (
        ("supervisord",),
        "[program:x]\ncommand=x\nenvironment=@@\n",
        (
            *("PASSWORD=s3cr3t x", "PASSWORD='s3cr3t", "PASSWORD s3cr3t", "PASSWORD='%s3cr3t'"),
            *(
                "PASSWORD=%s3cr3t",
                "A.B=s3cr3t",
                "PORT=s3cr3t",
                "PASSWORD: s3cr3t",
                "\n  s3cr3t",
                "X=1\ns3cr3t",
            ),
        ),
    ),
    (
        ("circus",),
        "[watcher:x]\ncmd=x\n[env:x]\n@@\n",
        ("PASSWORD s3cr3t", "PASSWORD.X=s3cr3t", "PORT=s3cr3t", "PASSWORD=$(circus.s3cr3t"),
    ),
    (
        ("pm2", "app.json"),
        "@@",
        (
            *('{"env": {"A": s3cr3t}}', '{"env": {"A": \'s3cr3t}}', '{"env": {"A": "s3cr3t}}', "{} s3cr3t"),
            *('{"env": {"A" s3cr3t}}', '{"env": {"A": "x" s3cr3t}}', '{"env": {"A": ["s3cr3t"]}}'),
            *('{"env": {"PORT": "s3cr3t", "PS": "s3cr3t"}}', '{"env": {"A": "s3cr3t\\u0000"}}'),
            '{"apps": [{"script": "x", "env": {"A": ["s3cr3t"], "A.B": "s3cr3t", "PORT": "s3cr3t"}}]}',
        ),
    ),
    (
        ("kubernetes",),
        "kind: Secret\nmetadata: {name: a}\n@@",
        (
            *("data: {A: s3cr3t}", "stringData: {A: [s3cr3t]}", "stringData: [s3cr3t]", "stringData: s3cr3t"),
            *("stringData: {A: @s3cr3t}", "stringData: {A: &s3cr3t, B: *s3cr3t}"),
            "---\nkind: Pod\nspec: {containers: [{command: [x], env: [{name: A, value: [s3cr3t]}]}]}",
            "---\nkind: Pod\nspec: {containers: [{command: [x], env: [{name: PORT, value: s3cr3t}]}]}",
        ),
    ),
    (
        ("overmind",),
        "@@\n",
        (
            *("OVERMIND_NEW=s3cr3t", "OVERMIND_STOP_SIGNALS=s3cr3t", "PASSWORD s3cr3t", "PASSWORD: s3cr3t"),
            *("PORT=s3cr3t", "PASSWORD='s3cr3t", "PASSWORD='s3cr3t' s3cr3t", "PASSWORD='a\ns3cr3t"),
        ),
    ),
    (
        ("good_job",),
        "config.good_job.cron = { a: { cron: '@daily', class: 'A', args: @@ } }",
        ("['s3cr3t", "[s3cr3t(1)]", "{ s3cr3t => 1 }", "['s3cr3t' + 1]", "[0x5s3cr3t]"),
    ),
    (
        ("sidekiq-cron", "sidekiq-scheduler", "solid_queue", "good_job"),
        "a: {cron: '@daily', schedule: '@daily', every: 1h, class: A, args: @@}\n",
        (
            *("[:'s3cr3t']", "[!s3cr3t x]", "@s3cr3t", "'[s3cr3t]'", "[1_s3cr3t]", "{token: 0_s3cr3t}"),
            "[0_1s3cr3t]",
        ),
    ),
    (("foreman",), "@@\n", ("password: s3cr3t", "env: {PASSWORD: [s3cr3t]}", "s3cr3t")),
]
"""Variables as somebody writes them who is wrong about the format: kinds, the file, and what stands in it."""
SLIPS = [(kind, text.replace("@@", each)) for kinds, text, slips in WRONG for kind in kinds for each in slips]


@pytest.mark.parametrize(("kind", "text"), SLIPS)
def test_no_secret_is_told_by_a_slip_of_the_pen(kind: str, text: str) -> None:
    assert MARK in text
    assert not [line for line in told(kind, ("x", text)) if MARK in line]
