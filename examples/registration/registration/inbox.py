"""The mails received, kept in a Maildir: one file for each mail, readable by any mail program."""

from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from mailbox import Maildir
from pathlib import Path

from registration import settings


@dataclass(frozen=True)
class Mail:
    """What the page of mails shows."""

    sender: str
    to: str
    subject: str
    text: str


def keep(content: bytes) -> None:
    """Add one mail as it came over SMTP."""
    Maildir(folder()).add(content)


def received() -> list[Mail]:
    """All mails, newest first."""
    files = [*folder().glob("new/*"), *folder().glob("cur/*")]
    # The names begin with whole seconds, too coarse an order for mails sent in one go.
    files.sort(key=lambda file: file.stat().st_mtime_ns, reverse=True)
    return [read(file.read_bytes()) for file in files]


def read(content: bytes) -> Mail:
    """Decode headers and text of one mail, each header on one line."""
    message = message_from_bytes(content, _class=EmailMessage, policy=policy.default)
    sender, to, subject = (" ".join(str(message[name] or "").split()) for name in ("From", "To", "Subject"))
    body = message.get_body(preferencelist=("plain", "html"))
    return Mail(sender, to, subject, str(body.get_content()) if body else "")


def folder() -> Path:
    """Where the Maildir lies."""
    return settings.state_folder() / "mails"
