"""`procman export`: what is printed, written, shown and refused, whatever the format."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from procman.export import formats

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.harness import App, Finished

SECRET = "hunter2"
FORMAT = "supervisord"


@pytest.fixture
def shop(app: App) -> App:
    app.procfile(web="./web $PORT", worker="./worker")
    app.write(".env", f"PASSWORD={SECRET}\n")
    return app


def export(app: App, *words: str, code: int = 0) -> Finished:
    ended = app.do("export", *words)
    assert ended.code == code, ended.err
    return ended


def into(app: App) -> Path:
    return app.root / "out"


def written(app: App) -> list[str]:
    root = into(app)
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_many_files_are_told_by_their_folders(shop: App) -> None:
    shop.procfile(web="./web", worker="./worker")
    told = export(shop, "runit", "out", "-a", "shop").out.splitlines()
    assert [line.partition(": ")[0] for line in told[:2]] == ["out/shop-web-1", "out/shop-worker-1"]
    assert all(line.endswith(" written") for line in told[:2])
    shop.write(".env", "NEW=1\n")
    told = export(shop, "runit", "out", "-a", "shop").out.splitlines()
    assert "out/shop-web-1/env/NEW is written" in told
    assert "out/shop-web-1/.procman-export is changed" in told


def test_without_a_folder_it_is_printed_as_it_would_be_written(shop: App) -> None:
    shown = export(shop, FORMAT, "-a", "shop").out
    export(shop, FORMAT, "-a", "shop", "out")
    (path,) = into(shop).iterdir()
    assert path.read_text() == shown
    assert shown.splitlines()[0].endswith(
        f"Written by 'procman export {FORMAT}' for the app 'shop'. The next export replaces it."
    )


def test_several_files_are_printed_with_their_names(shop: App) -> None:
    shown = export(shop, "systemd", "-a", "shop").out
    assert "==> shop.target <==\n" in shown
    assert "==> shop-web@.service <==\n" in shown


def test_each_file_is_told_and_what_to_type_then(shop: App) -> None:
    out = export(shop, FORMAT, "out", "-a", "shop").out.splitlines()
    assert out[0] == "out/shop.conf is written"
    assert out[1:3] == ["", "then:"]
    assert len(out) > 3
    assert export(shop, FORMAT, "out", "-a", "shop").out.splitlines()[0] == "nothing has changed"
    shop.procfile(web="./other $PORT")
    assert export(shop, FORMAT, "out", "-a", "shop").out.splitlines()[0] == "out/shop.conf is changed"


def test_files_of_types_that_are_gone_are_removed_and_those_of_others_stay(shop: App) -> None:
    export(shop, "systemd", "out", "-a", "shop")
    export(shop, "systemd", "out", "-a", "other")
    before = written(shop)
    shop.procfile(web="./web $PORT")
    out = export(shop, "systemd", "out", "-a", "shop").out
    assert "out/shop-worker@.service is removed" in out.splitlines()
    assert [name for name in written(shop) if name.startswith("other")] == [
        name for name in before if name.startswith("other")
    ]
    assert not [name for name in written(shop) if name.startswith("shop-worker")]


def test_a_diff_shows_all_and_writes_nothing(shop: App) -> None:
    assert "+command=" in export(shop, FORMAT, "out", "--diff").out
    assert not into(shop).exists()
    export(shop, FORMAT, "out")
    assert export(shop, FORMAT, "out", "--diff").out == ""
    shop.procfile(web="./other $PORT", worker="./worker")
    before = {name: (into(shop) / name).read_text() for name in written(shop)}
    shown = export(shop, FORMAT, "out", "--diff").out.splitlines()
    assert any("./other" in line for line in shown if line.startswith("+"))
    assert {name: (into(shop) / name).read_text() for name in written(shop)} == before


def test_a_file_of_somebody_else_stays_until_it_is_forced(shop: App) -> None:
    into(shop).mkdir()
    (into(shop) / "shop.conf").write_text("mine\n")
    ended = export(shop, FORMAT, "out", "-a", "shop", code=2)
    assert "shop.conf: it was written by somebody else" in ended.err
    assert "--force" in ended.err
    export(shop, FORMAT, "out", "-a", "shop", "--force")
    assert "mine" not in (into(shop) / "shop.conf").read_text()


def test_values_of_variables_are_for_the_owner_only(shop: App) -> None:
    for format_ in (
        FORMAT,
        "systemd",
        "kubernetes",
        "compose",
        "launchd",
        "upstart",
        "inittab",
        "runit",
        "s6",
    ):
        export(shop, format_, f"out/{format_}", "-a", "shop")
    for name in written(shop):
        path = into(shop) / name
        if SECRET in path.read_text():
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, name


@pytest.mark.parametrize("format_", ["supervisord", "systemd", "kubernetes", "compose", "launchd", "upstart"])
def test_no_env_writes_none_of_them_and_says_where_they_are(shop: App, format_: str) -> None:
    ended = export(shop, format_, "--no-env")
    assert SECRET not in ended.out + ended.err
    assert ".env" in ended.out + ended.err


def test_nothing_of_the_environment_in_which_it_is_made_is_exported(shop: App) -> None:
    ended = shop.do("export", FORMAT, env={"OUTER_SECRET": "outer-value"})
    assert ended.code == 0
    assert "outer-value" not in ended.out


def test_what_cannot_be_said_is_told_and_with_strict_an_error(shop: App) -> None:
    shop.write("procman.yml", "processes: {web: {watch: ['*.py']}}\nstart: {color: never}\n")
    ended = export(shop, FORMAT, "out")
    told = [line for line in ended.err.splitlines() if line.startswith(f"procman: {FORMAT}: ")]
    assert any("web: 'watch: *.py' has no counterpart: " in line for line in told)
    assert any("'start: color (in procman.yml)' is about 'procman start'" in line for line in told)
    text = (into(shop) / written(shop)[0]).read_text()
    assert "; web: 'watch: *.py' has no counterpart: " in text
    strict = export(shop, FORMAT, "strict", "--strict", code=2)
    assert len(strict.err.splitlines()) == len(told)
    assert not (shop.root / "strict").exists()


SHARED = f"""\
app: shop
store: postgresql://shop:{SECRET}@db.internal/shop
start: {{label: big}}
tasks:
  job: ./job
  report: {{command: ./report, schedule: '@daily', on_lost: rerun, runs_on: gpu}}
  sums: {{command: ./sums, schedule: '@daily', on_lost: rerun, runs_on: big}}
  plain: {{command: ./plain, schedule: '@daily', runs_on: gpu}}
"""


@pytest.mark.parametrize("format_", formats.FORMATS)
def test_no_password(app: App, format_: str) -> None:
    app.procfile(web="./web")
    app.write("procman.yml", SHARED)
    app.write(".env", f"PROCMAN_STORE=postgresql://shop:{SECRET}@db.internal/shop\n")
    ended = app.do(
        "export",
        format_,
        env={"PROCMAN_STORE": f"postgresql://me:{SECRET}@db.internal/other", "PGPASSWORD": SECRET},
    )
    assert ended.code == 0, ended.err
    assert SECRET not in ended.out + ended.err
    export(app, format_, "out", "--scheduler")
    assert not [path for path in into(app).rglob("*") if path.is_file() and SECRET in path.read_text()]


def test_a_store_on_a_server_is_known_by_procman_yml(app: App) -> None:
    app.procfile(web="./web")
    app.write("procman.yml", SHARED)
    assert "PersistentVolumeClaim" not in export(app, "kubernetes").out
    assert "procman-cli[postgres]==" in export(app, "dockerfile").out
    app.write("procman.yml", SHARED.replace("store:", "x-store:"))
    assert "PersistentVolumeClaim" in export(app, "kubernetes").out


@pytest.mark.parametrize(("format_", "left"), [("supervisord", "report, plain"), ("kubernetes", "report")])
def test_a_task_of_other_hosts_is_told(app: App, format_: str, left: str) -> None:
    app.procfile(web="./web")
    app.write("procman.yml", SHARED)
    told = export(app, format_).err.splitlines()
    assert [line for line in told if "runs_on" in line and "is left" in line] == [
        f"procman: {format_}: {left}: 'runs_on: gpu' is left to procmans that are started with --label gpu:"
        " the scheduler there is not"
    ]
    native = "plain: 'runs_on: gpu' has no counterpart: any node may run it: add a nodeSelector"
    assert (f"procman: {format_}: {native}" in told) is (format_ == "kubernetes")
    assert not [line for line in told if "start: label" in line]


def test_mistakes_in_files_and_options_are_told_together(shop: App) -> None:
    shop.write("Procfile", "web ./web\nworker: ./worker\n")
    shop.write("procman.yml", "processes: {worker: {restart: sometimes}}\n")
    ended = export(shop, FORMAT, "-a", "a/b", "-u", "so me", code=2)
    assert [line.partition(": ")[2].partition(":")[0] for line in ended.err.splitlines()] == [
        "Procfile",
        "procman.yml",
        "app",
        "user",
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "export: say which format: systemd, "),
        (["sytemd"], "export: no format 'sytemd', did you mean 'systemd'?"),
        (["zzz"], "export: no format 'zzz': there are systemd, "),
        ([FORMAT, "out", "more"], "export: there is one word too many, 'more'"),
        ([FORMAT, "-t", "nowhere"], "nowhere: no such folder: -t names one with templates"),
    ],
)
def test_misuse_is_told(shop: App, words: list[str], said: str) -> None:
    ended = export(shop, *words, code=2)
    assert said in ended.err
    assert "Traceback" not in ended.err


def test_an_app_without_anything_is_told_what_is_missing(app: App) -> None:
    assert "Procfile: no such file" in export(app, FORMAT, code=2).err


def test_options_of_foremans_export_are_read_from_its_file(shop: App) -> None:
    shop.write(".foreman", "app: fromfile\nuser: nobody\nport: 7000\nlocation: /nowhere\nformat: upstart\n")
    out = export(shop, FORMAT, "out").out
    assert out.splitlines()[0] == "out/fromfile.conf is written"
    text = (into(shop) / "fromfile.conf").read_text()
    assert "user=nobody" in text
    assert "7000" in text
    assert "warning" not in out


def test_formation_and_port_are_those_that_are_typed(shop: App) -> None:
    text = export(shop, FORMAT, "-m", "web=2,worker=0", "-p", "6000", "-a", "shop").out
    assert "[program:shop-web-2]" in text
    assert "worker" not in text
    assert "6001" in text


def test_a_template_of_the_user_takes_the_place_of_procmans(shop: App) -> None:
    names = os.listdir(os.path.join(os.path.dirname(__file__), f"../../procman/export/templates/{FORMAT}"))
    home = shop.root / "home"
    for folder in (shop.root / "mine", home / ".config/procman/templates" / FORMAT):
        folder.mkdir(parents=True)
        for name in names:
            (folder / name).write_text(f"; from {folder.name}\n")
    env = {"HOME": str(home), "XDG_CONFIG_HOME": ""}
    assert f"; from {FORMAT}\n" in shop.do("export", FORMAT, env=env).out
    shown = shop.do("export", FORMAT, "-t", "mine", env=env).out
    assert "; from mine\n" in shown
    assert "Written by" in shown.splitlines()[0]


def test_a_template_with_a_mistake_is_told_and_nothing_is_written(shop: App) -> None:
    (shop.root / "mine").mkdir()
    names = os.listdir(os.path.join(os.path.dirname(__file__), f"../../procman/export/templates/{FORMAT}"))
    for name in names:
        (shop.root / "mine" / name).write_text("\n{{ nothing_like_it }}\n")
    ended = export(shop, FORMAT, "out", "-t", "mine", code=2)
    assert "mine/" in ended.err
    assert "'nothing_like_it' is undefined" in ended.err
    assert not into(shop).exists()
