"""Where there is no Redis: the TCP server of fakeredis, with two repairs that redis-py and rq need."""

import socket

from fakeredis import TcpFakeServer
from fakeredis._commands import command
from fakeredis._socket import FakeSocket

from registration import settings, wait


class Connection(socket.socket):
    """One whose addresses are text: fakeredis passes them on to CLIENT INFO, which redis-py reads."""

    def getpeername(self) -> str:
        """As `127.0.0.1:6379`."""
        return "{}:{}".format(*super().getpeername())

    def getsockname(self) -> str:
        """As `127.0.0.1:6379`."""
        return "{}:{}".format(*super().getsockname())


class Server(TcpFakeServer):
    """Redis on a port, its data gone when it ends."""

    def get_request(self) -> tuple[socket.socket, object]:
        """The next connection."""
        accepted, address = super().get_request()
        return Connection(fileno=accepted.detach()), address


@command((), (bytes,))
def info(socket: FakeSocket, *sections: bytes) -> bytes:
    """rq asks for the version; fakeredis has no such command, and would end the connection with its error."""
    return b"redis_version:6.0.0\r\n"


def serve(port: int) -> None:
    """Be a Redis until SIGTERM."""
    wait.end_on_sigterm()
    FakeSocket.info = info
    with Server((settings.HOST, port)) as server:
        server.daemon_threads = True  # who is still connected does not hold up the end
        server.serve_forever()
