"""Yardstick: read, one replace a batch, write; the least a Python program can do to prefix each line."""

import os

PREFIX = b"00:00:00 c00.1  | "


def main() -> None:
    os.write(1, PREFIX)
    while batch := os.read(0, 65536):
        os.write(1, batch.replace(b"\n", b"\n" + PREFIX))


main()
