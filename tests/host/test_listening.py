"""Sockets that procman opens once, as children find them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from procman.core.plan.policies import Account, Policies
from procman.errors import SpawnError
from procman.host import descriptors
from procman.host.listening import MOST, Listeners
from tests.end_to_end.output import PATIENCE
from tests.host.families import KINDS, family
from tests.host.test_children import Family, open_files

if TYPE_CHECKING:
    from pathlib import Path

NOBODY = Account(65534, 65534, (), "nobody", "/")
FIND = """
import os, socket
own = os.environ["LISTEN_PID"] == str(os.getpid())
sockets = [socket.socket(fileno=fd) for fd in range(3, 3 + int(os.environ["LISTEN_FDS"]))]
ports = [each.getsockname()[1] for each in sockets]
print(own, os.environ["LISTEN_FDNAMES"], *ports, os.get_blocking(3))
"""
"""What sd_listen_fds(3) looks for."""
ANSWER = """
import socket, sys
listener = socket.socket(fileno=3)
print("listens", flush=True)
for turn in range(int(sys.argv[1])):
    with listener.accept()[0] as client:
        client.sendall(b"hello")
"""
SHOW = "echo $LISTEN_FDS $LISTEN_PID $LISTEN_FDNAMES $NOTIFY_SOCKET; ls -l /proc/$$/fd; :"


def addresses(count: int, host: str = "127.0.0.1") -> tuple[str, ...]:
    """Some that nobody has."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    shown = f"[{host}]" if ":" in host else host
    sockets = [socket.create_server((host, 0), family=family) for _ in range(count)]
    found = tuple(f"{shown}:{each.getsockname()[1]}" for each in sockets)
    for each in sockets:
        each.close()
    return found


def port_of(address: str) -> int:
    return int(address.rpartition(":")[2])


def call(address: str) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port_of(address)), PATIENCE)


def python(folder: Path, program: str, *words: object) -> str:
    path = folder / "program.py"
    path.write_text(program)
    return " ".join([sys.executable, str(path), *map(str, words)])


def end_of(each: Family) -> None:
    """Read what is left, and reap it."""
    each.read()
    each.ended()
    each.children.close_output("web.1")


@KINDS
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_child_finds_its_sockets_in_their_order(kind: str, host: str, tmp_path: Path) -> None:
    wanted = addresses(MOST, host)
    with family(kind) as each:
        each.start(python(tmp_path, FIND), Policies(listen=wanted))
        names = ":".join(str(port_of(address)) for address in wanted)
        assert each.read().decode().split() == ["True", names, *names.split(":"), "True"]
        each.children.listeners.keep(())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become somebody else")
def test_so_does_one_of_another_user(tmp_path: Path) -> None:
    with family("pipe") as each:
        wanted = addresses(1)
        each.start("env | grep LISTEN_PID; echo LISTEN_PID=$$", Policies(listen=wanted, account=NOBODY))
        assert len({*each.read().split()}) == 1
        each.children.listeners.keep(())


@KINDS
def test_connections_wait_while_a_child_is_restarted(kind: str, tmp_path: Path) -> None:
    (address,) = addresses(1)
    waiting: list[socket.socket] = []
    with family(kind) as each:
        for _ in range(3):
            each.start(python(tmp_path, ANSWER, 1 + len(waiting)), Policies(listen=(address,)))
            each.read(b"listens")
            waiting.append(call(address))
            while waiting:
                with waiting.pop() as client:
                    assert client.recv(10) == b"hello"
            end_of(each)
            waiting.append(call(address))
        waiting.pop().close()
        each.children.listeners.keep(())


def test_all_of_a_type_have_the_same_socket() -> None:
    with family("pipe") as each:
        policies = Policies(listen=addresses(1))
        found = []
        for name in ("web.1", "web.2"):
            each.start("readlink /proc/$$/fd/3; :", policies, name)
            found.append(each.read())
        assert found[0] == found[1]
        assert found[0].startswith(b"socket:")
        each.children.listeners.keep(())


def test_others_get_none_of_it_nor_what_was_meant_for_procman() -> None:
    with family("pipe") as each:
        ours = {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid()), "LISTEN_FDNAMES": "x"}
        each.children.environment = {**os.environ, **ours, "NOTIFY_SOCKET": "/x"}
        each.children.listeners.descriptors(addresses(2))
        each.start(SHOW, Policies())
        first, *files = each.read().decode().splitlines()
        assert not first.strip()
        assert not [line for line in files if "socket:" in line]
        each.children.listeners.keep(())


def test_what_nobody_wants_any_more_is_closed() -> None:
    listeners = Listeners()
    before = open_files()
    wanted = addresses(2)
    first, second = listeners.descriptors(wanted)
    assert not any(map(os.get_inheritable, (first, second)))
    listeners.keep([wanted[1], "127.0.0.1:1"])
    with pytest.raises(ConnectionRefusedError):
        call(wanted[0])
    call(wanted[1]).close()
    assert listeners.descriptors(wanted[1:]) == (second,)
    listeners.keep(())
    assert open_files() == before


OUT_OF_THE_WAY = """
import sys
from procman.host import descriptors
from procman.host.listening import Listeners
print(*Listeners().descriptors(sys.argv[1:]), descriptors.pipe([], [])[1])
"""


def test_no_number_of_a_childs_is_taken_by_what_it_is_to_get() -> None:
    words = [sys.executable, "-c", OUT_OF_THE_WAY, *addresses(2)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)  # it has no other files open
    assert [*map(int, done.stdout.split())] == [descriptors.FIRST_OF_OURS + number for number in range(3)]


def test_a_port_can_be_had_again_at_once(tmp_path: Path) -> None:
    (address,) = addresses(1)
    with family("pipe") as each:
        each.start(python(tmp_path, ANSWER, 1), Policies(listen=(address,)))
        each.read(b"listens")
        with call(address) as client:
            assert client.recv(10) == b"hello"
            assert client.recv(10) == b""  # the child has closed first, so the port lingers (TIME_WAIT)
        end_of(each)
        each.children.listeners.keep(())
        each.children.listeners.descriptors([address])
        each.children.listeners.keep(())


def test_an_address_that_is_taken_is_told_and_no_other_is_opened() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, family("pipe") as each:
        taken = f"127.0.0.1:{other.getsockname()[1]}"
        (free,) = addresses(1)
        before = open_files()
        with pytest.raises(SpawnError, match=f"cannot listen on {taken}: Address already in use: 'ss"):
            each.start("true", Policies(listen=(free, taken)))
        assert open_files() == before
        with pytest.raises(ConnectionRefusedError):
            call(free)


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ("192.0.2.1:80", "cannot listen on 192.0.2.1:80: Cannot assign requested address"),
        ("nowhere.invalid:80", "cannot listen on nowhere.invalid:80: [A-Z].*"),
        (".:80", "cannot listen on .:80: .*"),
        ("web", "cannot listen on web: 'web' is not a port, or HOST:PORT"),
    ],
)
def test_what_is_no_address_of_ours_is_told(wrong: str, text: str) -> None:
    before = open_files()
    with pytest.raises(SpawnError, match=text) as caught:
        Listeners().descriptors([wrong])
    assert caught.value.exit_code == 126
    assert open_files() == before


def test_more_than_fit_below_a_keeper_are_told() -> None:
    with pytest.raises(SpawnError, match="6 addresses to listen on, and 5 is the most"):
        Listeners().descriptors([f"127.0.0.1:{port}" for port in range(6001, 6007)])


def test_a_limit_below_its_sockets_is_told() -> None:
    with family("pipe") as each:
        (address,) = addresses(1)
        each.children.listeners.descriptors([address])
        with pytest.raises(
            SpawnError, match="'nofile: 4' is too low for the descriptors that it starts with"
        ):
            each.start("true", Policies(listen=(address,), nofile=4))
        each.children.listeners.keep(())


def test_the_main_process_is_found_behind_what_tells_the_pid(tmp_path: Path) -> None:
    with family("pipe") as each:
        started = each.start(python(tmp_path, ANSWER, 1), Policies(listen=addresses(1)))
        each.read(b"listens")
        assert started.main == each.children.main_pid("web.1") == started.child
        each.children.stop("web.1", signal.SIGTERM)
        assert os.waitpid(started.child, 0)[1] == signal.SIGTERM
        each.children.listeners.keep(())
