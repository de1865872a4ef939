"""A real PostgreSQL for the questions about several hosts: that of the tests, with a disk that counts."""

import contextlib
from collections.abc import Iterator

from bench.load import RunError
from tests import postgres

HONEST = ("fsync=on", "full_page_writes=on", "max_connections=600")


@contextlib.contextmanager
def running(*settings: str) -> Iterator[postgres.Server]:
    """A server that is up. Raises `RunError` when none can be had."""
    if postgres.programs() is None:
        raise RunError(postgres.WHY_NOT)
    with postgres.running(*HONEST, *settings) as server:
        yield server


def statements(server: postgres.Server) -> int:
    """How many statements stand in its log (`log_statement=all`)."""
    text = server.log.read_text(errors="replace")
    return text.count("LOG:  statement: ") + text.count("LOG:  execute ")
