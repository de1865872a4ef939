"""The registration demo as a user runs it: real web, worker, Redis and SMTP processes under procman."""

from __future__ import annotations

import re
import sqlite3
import subprocess
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.demo import (
    APP,
    STATE,
    TYPES_IN_PROCFILE,
    Demo,
    copy_of_demo,
    environment,
    family,
    free_base_port,
    run_task,
    survivors,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Start = Callable[..., Demo]

EARLIER_USERS = """
CREATE TABLE users (
    id            INTEGER PRIMARY KEY,
    name          TEXT NOT NULL,
    email         TEXT NOT NULL UNIQUE COLLATE NOCASE,
    token         TEXT NOT NULL UNIQUE,
    registered_at TEXT NOT NULL,
    completed_at  TEXT,
    mail          TEXT NOT NULL DEFAULT 'queued' CHECK (mail IN ('queued', 'sent', 'failed'))
);
INSERT INTO users VALUES
    (1, 'Ann', 'ann@example.com', 'a', '2026-01-01T00:00:00+00:00', NULL, 'sent'),
    (2, 'Bob', 'bob@example.com', 'b', '2026-01-01T00:00:00+00:00', '2026-01-01T00:01:00+00:00', 'sent');
"""
"""What the demo kept before it had tasks."""


def keep_earlier_users(copy: Path) -> None:
    """The database of a demo without tasks, in the state folder."""
    (copy / STATE).mkdir()
    with closing(sqlite3.connect(copy / STATE / "users.sqlite3")) as database:
        database.executescript(EARLIER_USERS)


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts demos, up when it returns; their logs are printed at the end, so that pytest shows them."""
    started: list[Demo] = []

    def start(copy: Path, *options: str, port: int | None = None) -> Demo:
        started.append(Demo(copy, *(options or APP), port=port))
        started[-1].wait_for_web()
        return started[-1]

    yield start
    for demo in started:
        demo.end()
        print(demo.log)


@pytest.fixture
def demo(start: Start, tmp_path: Path) -> Demo:
    """The demo, up, in which nothing becomes due by itself."""
    return start(copy_of_demo(tmp_path))


def test_registering_in_the_browser_sends_a_welcome_mail_at_once(demo: Demo) -> None:
    assert "Nobody yet." in demo.get("/")

    response, _ = demo.register("Zoë <b>Größe</b>", "zoe@example.com")
    assert response.status == 303
    registration = response.headers["Location"]
    demo.wait_for_line("mail.1", "to zoe@example.com", "Welcome, Zoë")
    demo.wait_for_line("worker.1", "sent the welcome mail")

    assert "Zoë &lt;b&gt;Größe&lt;/b&gt;" in demo.get(registration)
    assert 'Welcome mail <span class="badge good">sent</span>' in demo.get(registration)
    (mail,) = demo.mails("")
    assert "zoe@example.com" in mail


def test_the_link_in_the_mail_completes_the_registration(demo: Demo) -> None:
    demo.register("Ann O'Brien", "ann@example.com")
    demo.wait_for_line("worker.1", "sent the welcome mail")
    assert "registered, not completed" in demo.get("/")

    mails = demo.get("/mails")
    assert "Welcome, Ann O&#x27;Brien" in mails
    link = re.search(rf'href="http://127.0.0.1:{demo.port}(/complete/[^"]+)"', mails)
    assert link, mails
    assert ">completed</span>" in demo.get(demo.follow(link[1]))
    assert "registered, not completed" not in demo.get("/")


def test_the_form_says_what_is_wrong(demo: Demo) -> None:
    demo.register("Ann", "ann@example.com")

    for name, email, message in [
        (" ", "bob@example.com", "Please enter your name."),
        ("Bob", "<b>@example", "“&lt;b&gt;@example” is not an e-mail address"),
        ("Bob", "ANN@example.com", "ANN@example.com is registered already."),
    ]:
        response, page = demo.register(name, email)
        assert response.status == 422
        assert message in page
    assert demo.get("/").count("<li>") == 1


def test_sigint_ends_the_demo_cleanly_and_leaves_no_process(demo: Demo) -> None:
    demo.wait_for_line("worker.1", "waiting for jobs")
    demo.wait_for_line("mail.1", "listening on")
    processes = family(demo.procman.pid)
    assert len(processes) > TYPES_IN_PROCFILE

    assert demo.stop() == 0
    assert survivors(processes) == []
    assert "Traceback" not in demo.log


def test_the_page_of_a_user_says_which_mails_will_come(demo: Demo) -> None:
    response, _ = demo.register("Ann", "ann@example.com")

    page = demo.get(response.headers["Location"])
    assert 'How is it going? <span class="badge waiting">planned</span>' in page
    assert 'Reminder <span class="badge waiting">waiting</span>' in page


def test_registering_sends_a_follow_up_mail_later(start: Start, tmp_path: Path) -> None:
    demo = start(copy_of_demo(tmp_path, follow_up=1))
    demo.register("Ann", "ann@example.com")
    response, _ = demo.register("Bob", "bob@example.com")

    for email in ("ann@example.com", "bob@example.com"):
        demo.wait_for_line("how_is_it_going.", f"asked {email} how it is going")
    demo.wait_for_line("mail.1", "to bob@example.com", "How is it going, Bob?")
    assert 'How is it going? <span class="badge good">sent</span>' in demo.get(response.headers["Location"])
    assert "How is it going, Ann?" in demo.get("/mails")
    assert len(demo.mails("How is it going")) == 2


def test_a_follow_up_mail_comes_though_the_app_was_stopped_before_it_was_due(
    start: Start, tmp_path: Path
) -> None:
    copy = copy_of_demo(tmp_path, follow_up=6)
    before = start(copy)
    before.register("Ann", "ann@example.com")
    before.wait_for_line("worker.1", "sent the welcome mail")
    assert before.stop() == 0
    assert not before.mails("How is it going")

    after = start(copy)
    after.wait_for_line("how_is_it_going.", "asked ann@example.com how it is going")
    assert len(after.mails("How is it going, Ann?")) == 1
    assert "could not connect" not in after.log, "the worker, idle for some seconds, lost Redis"
    assert 'How is it going? <span class="badge good">sent</span>' in after.get("/users/1")


def test_a_follow_up_mail_that_is_overdue_comes_when_the_app_starts(start: Start, tmp_path: Path) -> None:
    copy = copy_of_demo(tmp_path, follow_up=0)
    without_tasks = start(copy, *APP, "--no-scheduler")
    without_tasks.register("Ann", "ann@example.com")
    without_tasks.wait_for_line("worker.1", "sent the welcome mail")
    assert without_tasks.stop() == 0

    demo = start(copy)
    demo.wait_for_line("how_is_it_going.", "asked ann@example.com how it is going")
    assert len(demo.mails("How is it going, Ann?")) == 1


def test_a_task_that_begins_before_the_mail_server_waits_for_it(start: Start, tmp_path: Path) -> None:
    copy, port = copy_of_demo(tmp_path), free_base_port()
    keep_earlier_users(copy)
    with subprocess.Popen(
        run_task(port, "how_is_it_going", "--", "1"), cwd=copy, env=environment(copy), stdout=subprocess.PIPE
    ) as task:
        assert task.stdout
        assert task.stdout.readline() == b"waiting for mail on port %d\n" % (port + 300)
        start(copy, port=port)
        assert task.stdout.read() == b"asked ann@example.com how it is going\n"
    assert task.returncode == 0


def test_a_schedule_reminds_of_the_registration_once(start: Start, tmp_path: Path) -> None:
    demo = start(copy_of_demo(tmp_path, remind=0, when="every 2 seconds"))
    response, _ = demo.register("Ann", "ann@example.com")

    reminded = demo.wait_for_line("remind_of_registration.", "users reminded: 1")
    demo.wait_for_line("mail.1", "to ann@example.com", "One step is left, Ann")
    demo.wait_for_line("remind_of_registration.", "users reminded: 0", after=reminded)
    assert 'Reminder <span class="badge good">sent</span>' in demo.get(response.headers["Location"])
    assert "One step is left, Ann" in demo.get("/mails")
    assert len(demo.mails("One step is left")) == 1


def test_a_reminder_by_hand_is_for_those_who_have_not_completed(start: Start, tmp_path: Path) -> None:
    demo = start(copy_of_demo(tmp_path, remind=0))
    demo.register("Ann", "ann@example.com")
    demo.wait_for_line("worker.1", "sent the welcome mail")
    (welcome,) = demo.mails("Welcome, Ann")
    demo.follow(re.findall(r"/complete/\S+", welcome)[0])
    demo.register("Bob", "bob@example.com")

    assert demo.run_task("remind_of_registration") == "users reminded: 1\n"
    assert demo.run_task("remind_of_registration") == "users reminded: 0\n"
    (mail,) = demo.mails("One step is left")
    assert "bob@example.com" in mail
    assert 'Reminder <span class="badge good">not needed</span>' in demo.get("/users/1")


def test_users_of_an_earlier_version_of_the_demo_are_kept(start: Start, tmp_path: Path) -> None:
    copy = copy_of_demo(tmp_path)
    keep_earlier_users(copy)

    demo = start(copy)
    assert 'How is it going? <span class="badge waiting">not planned</span>' in demo.get("/users/1")
    assert demo.run_task("remind_of_registration") == "users reminded: 1\n"
    demo.wait_for_line("mail.1", "to ann@example.com", "One step is left, Ann")
    assert "completed</span>" in demo.get("/users/2")


def test_the_example_procfile_alone_runs_the_app_without_tasks(start: Start, tmp_path: Path) -> None:
    demo = start(copy_of_demo(tmp_path), "-f", "Procfile.example")
    response, _ = demo.register("Ann", "ann@example.com")

    demo.wait_for_line("mail.1", "to ann@example.com", "Welcome, Ann")
    demo.wait_for_line("web.1", "cannot plan the follow-up mail to ann@example.com")
    assert response.status == 303
    assert 'badge waiting">not planned</span>' in demo.get(response.headers["Location"])
