"""Sockets for sd_notify: what processes tell, and what is not to disturb us."""

from __future__ import annotations

import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procman.core.messages import Message, Notified
from procman.errors import SpawnError
from procman.host import notify
from procman.host.notify import NotifySockets, assignments
from procman.host.poller import Poller
from tests.end_to_end.output import PATIENCE
from tests.host.asking import descriptors

if TYPE_CHECKING:
    from collections.abc import Iterator

NOBODY = 65534
TELLS = """
import os, socket
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as said:
    said.sendto(b"READY=1", os.environ["NOTIFY_SOCKET"])
"""


class Ears:
    """The sockets, and what was heard there."""

    def __init__(self, folder: Path) -> None:
        self.poller = Poller()
        self.sockets = NotifySockets(str(folder), self.poller)

    def hear(self, seconds: float = PATIENCE) -> list[Message]:
        return list(self.poller.wait(seconds))


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    """A state folder whose path is short; pytest's own may be too long for a socket."""
    with tempfile.TemporaryDirectory(prefix="t", dir="/tmp") as folder:
        yield Path(folder) / ".procman"


@pytest.fixture
def ears(state: Path) -> Iterator[Ears]:
    ears = Ears(state)
    yield ears
    ears.sockets.close()


def tell(address: str, *said: bytes) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as telling:
        telling.settimeout(PATIENCE)
        for each in said:
            telling.sendto(each, address)


def mode(path: str | Path) -> int:
    return stat.S_IMODE(os.stat(path).st_mode)


def test_what_a_process_tells_is_a_message_with_its_name(ears: Ears) -> None:
    web, worker = ears.sockets.begin("web.1"), ears.sockets.begin("worker.1")
    tell(worker, b"READY=1\nSTATUS=waiting for work")
    assert ears.hear() == [Notified("worker.1", {"READY": "1", "STATUS": "waiting for work"})]
    tell(web, b"WATCHDOG=1")
    assert ears.hear() == [Notified("web.1", {"WATCHDOG": "1"})]
    assert ears.hear(0) == []


def test_nobody_else_can_tell_anything(ears: Ears, state: Path) -> None:
    address = ears.sockets.begin("web.1")
    assert (mode(state), mode(state / "notify"), mode(address)) == (0o700, 0o700, 0o600)
    ears.sockets.close()
    (state / "notify").mkdir(mode=0o755)
    assert ears.sockets.begin("web.1") == address
    assert mode(state / "notify") == 0o700


def test_what_was_told_before_the_end_is_not_lost(ears: Ears) -> None:
    tell(ears.sockets.begin("web.1"), b"READY=1", b"garbage", b"STOPPING=1")
    assert ears.sockets.end("web.1") == [
        Notified("web.1", {"READY": "1"}),
        Notified("web.1", {"STOPPING": "1"}),
    ]
    assert ears.sockets.end("web.1") == []
    assert ears.hear(0) == []


def test_the_end_leaves_nothing(ears: Ears, state: Path) -> None:
    before = descriptors()
    address = ears.sockets.begin("web.1")
    ears.sockets.begin("worker.1")
    ears.sockets.end("web.1")
    assert not os.path.exists(address)
    ears.sockets.close()
    assert descriptors() == before
    assert not (state / "notify").exists()


def test_a_process_may_end_while_it_is_heard(ears: Ears) -> None:
    tell(ears.sockets.begin("web.1"), b"READY=1", b"STOPPING=1", b"STATUS=bye")
    heard = ears.poller.wait(PATIENCE)
    assert next(heard) == Notified("web.1", {"READY": "1"})
    assert len(ears.sockets.end("web.1")) == 2
    assert list(heard) == []


def test_a_new_child_has_a_new_socket(ears: Ears) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as old:
        old.connect(ears.sockets.begin("web.1"))
        address = ears.sockets.begin("web.1")
        with pytest.raises(ConnectionError):
            old.send(b"READY=1")
    tell(address, b"STATUS=new")
    assert ears.hear() == [Notified("web.1", {"STATUS": "new"})]


@pytest.mark.parametrize("kind", ["socket", "file", "symlink"])
def test_what_a_killed_procman_has_left_is_replaced(ears: Ears, state: Path, kind: str) -> None:
    (state / "notify").mkdir(parents=True, mode=0o700)
    path, other = state / "notify" / "web.1", state / "other"
    other.write_text("kept")
    if kind == "socket":
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as stale:
            stale.bind(str(path))
    elif kind == "file":
        path.write_text("")
    else:
        path.symlink_to(other)
    assert ears.sockets.begin("web.1") == str(path)
    tell(str(path), b"READY=1")
    assert ears.hear() == [Notified("web.1", {"READY": "1"})]
    assert other.read_text() == "kept"


def test_another_procman_beside_us_keeps_its_sockets(ears: Ears, state: Path) -> None:
    beside = Ears(state)
    theirs, ours = beside.sockets.begin("web.1"), ears.sockets.begin("web.1")
    tell(theirs, b"STATUS=theirs")
    tell(ours, b"STATUS=ours")
    assert beside.hear() == [Notified("web.1", {"STATUS": "theirs"})]
    assert ears.hear() == [Notified("web.1", {"STATUS": "ours"})]
    ears.sockets.close()
    tell(theirs, b"STATUS=still there")
    assert len(beside.hear()) == 1
    beside.sockets.close()
    assert not os.path.exists(os.path.dirname(ours))


@pytest.mark.parametrize("deep", ["folder", "name"])
def test_where_the_path_is_too_long_a_private_folder_elsewhere_has_the_socket(state: Path, deep: str) -> None:
    folder, name = (state / ("x" * 100), "web.1") if deep == "folder" else (state, "w" * 100)
    ears = Ears(folder)
    address = ears.sockets.begin(name)
    assert len(address) <= notify.LONGEST_PATH
    assert (mode(os.path.dirname(address)), mode(address)) == (0o700, 0o600)
    tell(address, b"READY=1")
    assert ears.hear() == [Notified(name, {"READY": "1"})]
    another = ears.sockets.begin("other")
    ears.sockets.close()
    assert not os.path.exists(address)
    assert not os.path.exists(os.path.dirname(another))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has children that run as others")
def test_a_process_of_another_user_can_tell_and_see_no_others(ears: Ears) -> None:
    theirs, ours = ears.sockets.begin("web.1", owner=NOBODY), ears.sockets.begin("worker.1")
    assert (mode(theirs), os.stat(theirs).st_uid, mode(os.path.dirname(theirs))) == (0o600, NOBODY, 0o711)
    for address, code in ((theirs, 0), (ours, 1)):
        told = subprocess.run(
            ["/usr/bin/python3", "-c", TELLS],
            env={"NOTIFY_SOCKET": address},
            user=NOBODY,
            cwd="/",
            stderr=subprocess.DEVNULL,
            check=False,
        )
        assert told.returncode == code
    assert ears.hear() == [Notified("web.1", {"READY": "1"})]


def test_garbage_is_left_out(ears: Ears) -> None:
    tell(
        ears.sockets.begin("web.1"),
        b"",
        b"\xff\xfe\x00",
        b"no assignment\n=value\nlower=case\nA B=c",
        b"READY=1\n\nSTATUS=caf\xe9 a=b\nREADY=0\n",
    )
    assert ears.hear() == [Notified("web.1", {"READY": "0", "STATUS": "caf\N{REPLACEMENT CHARACTER} a=b"})]


def test_a_message_that_is_too_long_is_ignored(ears: Ears) -> None:
    address, text = ears.sockets.begin("web.1"), "x" * (notify.LONGEST - len("STATUS="))
    tell(address, f"STATUS={text}y".encode())
    assert ears.hear() == []
    tell(address, f"STATUS={text}".encode())
    assert ears.hear() == [Notified("web.1", {"STATUS": text})]


def test_who_talks_without_end_has_its_turn_and_no_more(ears: Ears, monkeypatch: pytest.MonkeyPatch) -> None:
    address, other = ears.sockets.begin("web.1"), ears.sockets.begin("worker.1")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as telling:
        telling.setblocking(False)

        def flood() -> None:
            try:
                for _ in range(notify.AT_THE_END):
                    telling.sendto(b"STATUS=busy", address)
            except BlockingIOError:
                pass  # its queue is full (max_dgram_qlen in unix(7))

        flood()
        tell(other, b"READY=1")
        heard = []
        for message in ears.poller.wait(PATIENCE):
            heard.append(message)
            flood()  # before the next is read
        assert heard.count(Notified("web.1", {"STATUS": "busy"})) == notify.A_TURN
        assert Notified("worker.1", {"READY": "1"}) in heard
        monkeypatch.setattr(notify, "assignments", lambda data: flood() or assignments(data))  # type: ignore[func-returns-value]
        assert len(ears.sockets.end("web.1")) == notify.AT_THE_END


@pytest.mark.skipif(not hasattr(socket, "send_fds"), reason="no descriptors can be sent")
def test_a_barrier_is_passed_when_all_before_it_is_heard(ears: Ears) -> None:
    address = ears.sockets.begin("web.1")
    before = descriptors()
    waits, held = os.pipe()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as telling:
        telling.connect(address)
        telling.send(b"READY=1")
        socket.send_fds(telling, [b"BARRIER=1"], [held])
    os.close(held)
    os.set_blocking(waits, False)
    heard = ears.poller.wait(PATIENCE)
    assert next(heard) == Notified("web.1", {"READY": "1"})
    with pytest.raises(BlockingIOError):
        os.read(waits, 1)
    assert next(heard) == Notified("web.1", {"BARRIER": "1"})
    assert os.read(waits, 1) == b""
    os.close(waits)
    assert descriptors() == before


@pytest.mark.skipif(not shutil.which("systemd-notify"), reason="there is no systemd-notify")
def test_what_systemd_notify_tells_is_heard(ears: Ears) -> None:
    address = ears.sockets.begin("web.1")
    told = subprocess.Popen(
        ["systemd-notify", "--ready", "--status=all is well"],
        env={**os.environ, "NOTIFY_SOCKET": address},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    heard: dict[str, str] = {}
    while not {"READY", "STATUS"} <= heard.keys():
        messages = ears.hear()
        assert messages, told.communicate()[0]
        for message in messages:
            assert isinstance(message, Notified)
            heard |= message.said
    while told.poll() is None:  # it may wait at a barrier
        ears.hear(0.01)
    told.communicate()
    assert (heard["READY"], heard["STATUS"], told.returncode) == ("1", "all is well", 0)


def test_a_process_that_ends_at_once_was_ready(ears: Ears) -> None:
    address = ears.sockets.begin("web.1")
    subprocess.run([sys.executable, "-c", TELLS], env={"NOTIFY_SOCKET": address}, check=True)
    assert ears.sockets.end("web.1") == [Notified("web.1", {"READY": "1"})]


def test_what_is_in_the_way_is_told_in_words(ears: Ears, state: Path) -> None:
    (state / "notify" / "web.1").mkdir(parents=True)
    with pytest.raises(SpawnError, match=r"^no socket for sd_notify: Is a directory"):
        ears.sockets.begin("web.1")
    shutil.rmtree(state / "notify")
    (state / "notify").write_text("")
    with pytest.raises(SpawnError, match="notify is not a folder: move it away"):
        ears.sockets.begin("web.1")
    (state / "notify").unlink()
    ears.sockets.begin("web.1")


@given(st.binary())
def test_whatever_is_told_only_assignments_are_heard(data: bytes) -> None:
    for key, value in assignments(data).items():
        assert key.isascii()
        assert key.replace("_", "").isalnum()
        assert "\n" not in value
        assert key.encode() in data


@given(
    st.dictionaries(st.from_regex(r"[A-Z0-9_]+", fullmatch=True), st.text().filter(lambda s: "\n" not in s))
)
def test_all_assignments_are_heard(said: dict[str, str]) -> None:
    lines = [f"{key}={value}" for key, value in said.items()]
    assert assignments("\n".join(lines).encode(errors="surrogatepass")) == {
        key: value.encode(errors="surrogatepass").decode(errors="replace") for key, value in said.items()
    }
