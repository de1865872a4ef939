"""Several processes open a store in a database that has none yet, all at once."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import psycopg

if TYPE_CHECKING:
    from tests.postgres import Server

OPEN = """
import sys
from procman.store.open import on_server
print("ready", flush=True)
sys.stdin.read()
on_server(sys.argv[1], "raced").close()
"""
AT_ONCE, ROUNDS = 5, 4


def test_one_makes_the_schema_and_the_others_wait_for_it(server: Server) -> None:
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE raced")
        url = server.url.replace("/postgres?", "/raced?")
        for number in range(ROUNDS):
            if number:
                connection.execute("DROP DATABASE raced")
                connection.execute("CREATE DATABASE raced")
            openers = [
                subprocess.Popen(
                    [sys.executable, "-c", OPEN, url],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                )
                for _ in range(AT_ONCE)
            ]
            for each in openers:
                assert each.stdout
                each.stdout.readline()
            for each in openers:
                assert each.stdin
                each.stdin.close()
                each.stdin = None
            assert [each.communicate()[1] for each in openers] == [""] * AT_ONCE
