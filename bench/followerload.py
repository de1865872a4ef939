"""Follows a log: followerload.py SOCKET CLIENTS. The first client takes nothing until it is asked to.

Prints `up` when all are connected. At the end of its standard input it prints as JSON how many megabytes the
others have read, and how many pieces the first was told that it has missed.
"""

import json
import selectors
import socket
import sys

REQUEST = b'{"procman":1,"command":"logs","follow":true,"lines":0}\n'
READ_SIZE, PATIENCE = 1 << 18, 0.5


def main() -> None:
    path, count = sys.argv[1], int(sys.argv[2])
    clients = [socket.socket(socket.AF_UNIX) for _ in range(count)]
    selector = selectors.DefaultSelector()
    for client in clients:
        client.connect(path)
        client.sendall(REQUEST)
    for client in clients[1:]:
        client.setblocking(False)
        selector.register(client, selectors.EVENT_READ)
    selector.register(sys.stdin, selectors.EVENT_READ)
    print("up", flush=True)
    print(json.dumps({"megabytes": _read(selector) / 1e6, "lost": sum(map(_lost, clients[:1]))}), flush=True)


def _read(selector: selectors.BaseSelector) -> int:
    read = 0
    while True:
        for key, _ in selector.select():
            if not isinstance(key.fileobj, socket.socket):
                return read
            read += len(key.fileobj.recv(READ_SIZE))


def _lost(client: socket.socket) -> int:
    client.settimeout(PATIENCE)
    data = b""
    try:
        while more := client.recv(READ_SIZE):
            data += more
    except TimeoutError:
        pass
    return sum(json.loads(line)["lost"] for line in data.split(b"\n")[:-1] if line.startswith(b'{"lost"'))


if __name__ == "__main__":
    main()
