"""The mail process: an SMTP server on loopback that delivers every mail into the Maildir of `inbox`."""

import asyncio
import signal
import sys

from aiosmtpd.smtp import SMTP, Envelope, Session

from registration import inbox, settings


class Delivery:
    """The hooks that aiosmtpd calls."""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep one mail and say so in one line."""
        content = envelope.original_content or b""
        inbox.keep(content)
        recipients = ", ".join(envelope.rcpt_tos)
        print(f"mail to {recipients}: {inbox.read(content).subject}", flush=True)
        return "250 kept"


def new_session() -> SMTP:
    """The protocol of one connection."""
    # Named by hand, because aiosmtpd would ask the DNS for this machine's name.
    return SMTP(Delivery(), hostname="localhost", enable_SMTPUTF8=True, loop=asyncio.get_running_loop())


async def serve(port: int) -> None:
    """Accept mail until SIGTERM or SIGINT."""
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    for stop_signal in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(stop_signal, stopped.set)
    server = await loop.create_server(new_session, settings.HOST, port)
    print(f"listening on port {port}, mails in {settings.shown(inbox.folder())}", flush=True)
    await stopped.wait()
    server.close()


def main() -> None:
    """Run the server on the port of this process."""
    try:
        asyncio.run(serve(settings.own_port()))
    except OSError as error:
        sys.exit(f"the mail server cannot run: {error}")


if __name__ == "__main__":
    main()
