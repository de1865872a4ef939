"""Whether a port is taken."""

from __future__ import annotations

import socket

import pytest

from procman.host.ports import taken


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])
def test_a_port_that_somebody_listens_on_is_taken(address: str) -> None:
    with socket.socket() as server:
        server.bind((address, 0))
        server.listen()
        port = server.getsockname()[1]
        assert taken(port)
    assert not taken(port)
