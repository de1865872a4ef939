"""Records docs/demo.svg, the picture in the README: `make picture`, some two minutes.

The demo runs under a real shell on a pseudo-terminal, with its own waits. Somebody registers, the three mails
come, Ctrl-C ends it. What a terminal shows of that (pyte) is drawn, character by character.
"""

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import termios
import time
from html import escape
from itertools import groupby
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

import pyte
from pyte.screens import Char

ROOT = Path(__file__).parent.parent
PICTURE = ROOT / "docs" / "demo.svg"
COLUMNS, ROWS = 96, 60
PATIENCE = 150.0
CTRL_C = "\x03"
WORDS = re.compile(r"\S+(?: \S+)*")
"""What stands together: several blanks in a row would be drawn as one."""
REGISTRATION = {"name": "Ann", "email": "ann@example.com"}

SIZE, WIDTH, HEIGHT, MARGIN, BAR = 14, 8.43, 20, 16, 34
"""In pixels: of the letters, of a column, of a row, of the frame, of the bar with the title."""
FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
INK, PAPER, FRAME = "#d7dce5", "#161a22", "#2a3040"
INKS = {"black": "#5b6374", "red": "#f28b82", "green": "#8fd694", "brown": "#e6c46a", "blue": "#8ab4f8"}
INKS |= {"magenta": "#d7a3f0", "cyan": "#6fd3dc", "white": "#c6ccd8", "brightwhite": "#ffffff"}
"""Of pyte's names; brown is a dark yellow."""


class Recording:
    """A shell in a folder, on a terminal of its own, with nothing on its screen yet."""

    def __init__(self, folder: Path) -> None:
        self.screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self.screen)
        self._seen = b""
        self._master, self._inner = pty.openpty()
        termios.tcsetwinsize(self._inner, (ROWS, COLUMNS))
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        own = {"HOME": str(folder), "LANG": "C.UTF-8", "PATH": path, "PS1": "$ ", "TERM": "xterm-256color"}
        take_terminal = ("/bin/sh", "-c", 'exec sh -i <>"$0" >&0 2>&0', os.ttyname(self._inner))
        self._shell = subprocess.Popen(take_terminal, cwd=folder, env=own, start_new_session=True)

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self._master, keys.encode())

    def wait_for(self, pattern: str) -> re.Match[bytes]:
        """Let it run until something has come since the last such wait."""
        deadline = time.monotonic() + PATIENCE
        while not (found := re.search(pattern.encode(), self._seen)):
            left = deadline - time.monotonic()
            if left < 0 or not select.select([self._master], [], [], left)[0]:
                sys.exit(f"nothing like '{pattern}' came within {PATIENCE:g} s, but\n{self._seen.decode()}")
            data = os.read(self._master, 65536)
            self._stream.feed(data)
            self._seen += data
        self._seen = self._seen[found.end() :]
        return found

    def end(self) -> None:
        """Leave the shell, and nothing behind."""
        self.type("exit\n")
        self._shell.wait(PATIENCE)
        os.close(self._master)
        os.close(self._inner)


def record(folder: Path) -> pyte.Screen:
    """What is on the screen after the demo's story."""
    recording = Recording(folder)
    recording.wait_for(r"\$ ")
    recording.type("procman start\n")
    address = recording.wait_for(r"open (http://\S+)")[1].decode()
    urlopen(f"{address}/register", urlencode(REGISTRATION).encode()).close()
    for line in (r"sent the welcome mail", r"how_is_it_going\.\d+ exited", r"users reminded: 1"):
        recording.wait_for(line)
    recording.wait_for(r"remind_of_registration\.\d+ exited")
    recording.type(CTRL_C)
    recording.wait_for(r"\$ ")
    recording.type("echo $?\n")
    recording.wait_for(r"\r\n\d+\r\n\$ ")
    recording.end()
    return recording.screen


def draw(screen: pyte.Screen, title: str) -> str:
    """The rows that something stands in, as SVG."""
    lines = [[screen.buffer[row][column] for column in range(COLUMNS)] for row in range(screen.cursor.y)]
    width, height = 2 * MARGIN + round(COLUMNS * WIDTH), BAR + MARGIN + HEIGHT * len(lines)
    rows = "\n".join(_row(cells, BAR + HEIGHT * number + SIZE) for number, cells in enumerate(lines))
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">
<title>{escape(title)}</title>
<rect width="{width}" height="{height}" rx="8" fill="{PAPER}" stroke="{FRAME}"/>
<path d="M20 17h0M37 17h0M54 17h0" stroke="{FRAME}" stroke-width="10" stroke-linecap="round"/>
<g font-family="{FONT}" font-size="{SIZE}" fill="{INK}">
{rows}
</g>
</svg>
"""


def _row(cells: list[Char], y: int) -> str:
    pieces, column = [], 0
    for ink, run in groupby(cells, key=lambda cell: cell.fg):
        text = "".join(cell.data for cell in run)
        pieces += [_piece(part, column, y, INKS.get(ink)) for part in WORDS.finditer(text)]
        column += len(text)
    return "".join(pieces)


def _piece(part: re.Match[str], column: int, y: int, ink: str | None) -> str:
    """Words of one colour. `textLength` keeps them in their columns, whatever the font."""
    fill = f' fill="{ink}"' if ink else ""
    x, length = f"{MARGIN + (column + part.start()) * WIDTH:.1f}", f"{len(part[0]) * WIDTH:.1f}"
    return f'<text x="{x}" y="{y}" textLength="{length}"{fill}>{escape(part[0], quote=False)}</text>'


def main() -> None:
    """Run the demo in a copy, so that it begins with nothing, and draw it."""
    with tempfile.TemporaryDirectory() as folder:
        app = Path(folder) / "registration"
        unwanted = shutil.ignore_patterns("var", ".procman", "__pycache__")
        shutil.copytree(ROOT / "examples" / "registration", app, ignore=unwanted)
        screen = record(app)
    PICTURE.write_text(draw(screen, "procman start: a terminal in which the demo runs"), encoding="utf-8")
    print(f"drawn: {PICTURE.relative_to(ROOT)}, {screen.cursor.y} rows")


if __name__ == "__main__":
    main()
