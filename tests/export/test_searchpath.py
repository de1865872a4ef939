"""Where the app's programs are looked for: exported processes find what `procman start` finds."""

from __future__ import annotations

import plistlib
from typing import TYPE_CHECKING

import pytest

from procman.export import searchpath
from tests.export.plans import TASKS_YML, export, plan

if TYPE_CHECKING:
    from procman.export.plan import ExportPlan

VENV = "/srv/shop/.venv/bin"
WHOLE = f"{VENV}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
LINES = "web: ./web\n"
YML = f"{TASKS_YML}  last: {{command: ./last, schedule: [0 9 L * *, every 7s]}}\n"


def shop(procman: str = f"{VENV}/procman") -> ExportPlan:
    return plan(LINES, YML, procman=(procman,))


@pytest.mark.parametrize(
    ("procman", "usual", "expected"),
    [
        (f"{VENV}/procman", searchpath.SYSTEM, WHOLE),
        ("/usr/bin/procman", searchpath.SYSTEM, None),
        ("/usr/local/bin/procman", "/usr/bin:/bin", searchpath.SYSTEM),
        ("/a:b/procman", searchpath.SYSTEM, None),
        ("procman", searchpath.SYSTEM, None),
    ],
)
def test_the_folder_of_procman_is_in_front(procman: str, usual: str, expected: str | None) -> None:
    what = shop(procman)
    assert searchpath.whole(what, usual) == expected
    assert searchpath.variables(what, usual) == ({"PATH": expected} if expected else {})


@pytest.mark.parametrize(
    ("format_", "path", "line"),
    [
        ("systemd", "shop-web@.service", f"Environment=PATH={WHOLE}"),
        ("systemd", "shop-remind.service", f"Environment=PATH={WHOLE}"),
        ("systemd", "shop-scheduler.service", f"Environment=PATH={WHOLE}"),
        ("upstart", "shop-web-1.conf", f"export PATH={WHOLE}"),
        ("upstart", "shop-scheduler.conf", f"export PATH={WHOLE}"),
        ("inittab", "shop-web-1.sh", f"export PATH={WHOLE}"),
        ("inittab", "shop-scheduler.sh", f"export PATH={WHOLE}"),
        ("crontab", "shop.crontab", f"PATH={WHOLE}"),
    ],
)
def test_all_that_runs_has_it(format_: str, path: str, line: str) -> None:
    assert line in export(format_, shop()).text(path).splitlines()
    text = export(format_, shop("/usr/bin/procman")).text(path)
    assert ("PATH=" in text) == (format_ == "crontab")


def test_programs_of_supervisord_have_it() -> None:
    assert export("supervisord", shop()).text("shop.conf").count(f'\n    PATH="{WHOLE}"') == 2
    assert "PATH=" not in export("supervisord", shop("/usr/bin/procman")).text("shop.conf")


@pytest.mark.parametrize("job", ["shop-web-1", "shop-scheduler", "shop-remind-task"])
def test_jobs_of_launchd_have_it(job: str) -> None:
    for procman, expected in (
        (f"{VENV}/procman", WHOLE),
        ("/usr/local/bin/procman", searchpath.SYSTEM),
        ("/usr/bin/procman", None),
    ):
        text = export("launchd", shop(procman)).text(f"{job}.plist")
        assert plistlib.loads(text.encode())["EnvironmentVariables"].get("PATH") == expected


def test_the_scheduler_of_supervisord_reads_a_path_of_the_app_by_itself() -> None:
    what = plan(LINES, YML, {"PATH": "/opt/bin"}, procman=(f"{VENV}/procman",))
    text = export("supervisord", what).text("shop.conf")
    assert (text.count(WHOLE), text.count('PATH="/opt/bin"')) == (1, 1)


@pytest.mark.parametrize("format_", ["launchd", "upstart", "inittab", "crontab"])
def test_a_path_of_the_app_wins(format_: str) -> None:
    what = plan(LINES, YML, {"PATH": "/opt/bin"}, procman=(f"{VENV}/procman",))
    texts = [file.text for file in export(format_, what).files.values()]
    assert any("/opt/bin" in text for text in texts)
    assert not any(WHOLE in text and "/opt/bin" in text for text in texts)
