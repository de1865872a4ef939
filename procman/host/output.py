"""What one child writes, on a pipe or a terminal, and what can be done at that terminal."""

from __future__ import annotations

import os
from contextlib import suppress

from procman.core.messages import OutputClosed, OutputDrained, OutputRead
from procman.host import descriptors, spawn
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from procman.core.messages import Message
    from procman.host.keyboard import Keyboard
    from procman.host.poller import Poller
    from procman.host.spawn import Child, WindowSize

READ_SIZE = 1 << 19
"""Bytes a read: smaller ones cost more turns of the loop, larger ones more of the processor's cache."""
LAST_BYTES = descriptors.PIPE_SIZE
"""No pipe or terminal holds more: a flood by whoever still has it open cannot hold us up."""


class Output:
    """Read from the beginning until it ends or `end` is called; then it is still there until `close`.

    `window` is None on a pipe. `has_written` gives what is to be told before anything that the child writes.
    """

    def __init__(
        self,
        name: str,
        child: Child,
        window: WindowSize | None,
        poller: Poller,
        has_written: Callable[[str], Iterator[Message]],
    ) -> None:
        self._name = name
        self._child = child
        self._fd = child.output
        self._window = window
        self._poller = poller
        self._has_written = has_written
        self._open = True
        self._left: int | None = None  # how many bytes are still read, once it is to be drained
        self._roomy = False
        self._keyboard: Keyboard | None = None
        self._held: WindowSize | None = None  # by somebody who looks at the terminal itself
        poller.add_output(self._fd, self._read)

    def drain(self) -> None:
        """Have all read that is there; `OutputDrained` or `OutputClosed` follows."""
        if self._open:
            self._left = LAST_BYTES
            self._poller.look(self._fd)

    def close(self) -> None:
        """Forget it. Closing a terminal hangs up on whoever still has it."""
        self._end()
        if self._keyboard:
            self._keyboard.close()
        os.close(self._fd)

    @property
    def is_terminal(self) -> bool:
        """Whether it is one, and is still read."""
        return self._window is not None and self._open

    def answer(self, data: bytes) -> None:
        """Answer what the child has asked its terminal, if nobody else's does.

        What has no room there is dropped.
        """
        if self.is_terminal and self._held is None:
            with suppress(OSError):  # EAGAIN: it reads nothing; EIO: nobody has the terminal open any more
                os.write(self._fd, data)

    def resize(self, window: WindowSize) -> None:
        """procman's own terminal has another size."""
        if self._window is not None:
            self._window = window
            self._fit()

    def hold(self, window: WindowSize | None) -> None:
        """Somebody looks at this terminal in a window of this size; with None nobody any more."""
        self._held = window
        self._fit()

    def type(self, data: bytes, taken: Callable[[], None]) -> None:
        """Type on the terminal; `taken` is called when that has been done."""
        if self._open:
            if self._keyboard is None:
                from procman.host.keyboard import Keyboard  # few are typed on

                self._keyboard = Keyboard(self._fd, self._poller)
            self._keyboard.type(data, taken)

    def shown(self, data: bytes) -> bytes:
        """What it has written as a raw terminal gets it: newlines take the cursor back, unless this one is
        raw too."""
        if self._open and spawn.is_cooked(self._child):
            return data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        return data

    def _fit(self) -> None:
        if self.is_terminal and (window := self._held or self._window):
            spawn.resize(self._child, window)

    def _read(self) -> Iterator[Message]:
        if not self._open:
            return  # closed since the poller saw it ready
        try:
            data = os.read(self._fd, READ_SIZE)
        except BlockingIOError:
            if self._left is not None:
                self._left = None
                yield OutputDrained(self._name)
            return
        except OSError:  # EIO: no process has the terminal open any more
            data = b""
        if not data:
            self._end()
            yield OutputClosed(self._name)
            return
        self._make_room(len(data))
        yield from self._has_written(self._name)
        yield OutputRead(self._name, data)
        if self._left is not None:
            yield from self._drain(self._left - len(data))

    def _make_room(self, size: int) -> None:
        """Enlarge a pipe that was full: this child has much to say."""
        if size >= descriptors.USUAL_PIPE_SIZE and not self._roomy:
            self._roomy = True
            descriptors.enlarge(self._fd)

    def _drain(self, left: int) -> Iterator[Message]:
        """Look again until nothing is left, or more was read than can have been there."""
        if left > 0:
            self._left = left
            self._poller.look(self._fd)
        else:
            self._left = None
            yield OutputDrained(self._name)

    def _end(self) -> None:
        """Read no more."""
        if self._open:
            self._open, self._left = False, None
            self._poller.remove_output(self._fd)
