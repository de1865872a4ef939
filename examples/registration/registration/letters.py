"""The mails that the app writes, and how they are sent: over SMTP to the mail process."""

import smtplib
from email.headerregistry import Address
from email.message import EmailMessage

from registration import settings
from registration.store import User

SENDER = Address("Registration demo", "welcome", "demo.example")
WELCOME = """\
Hello {name},

thank you for registering. One step is left. Complete my registration:

{link}

Until then you are registered, but not completed.
"""
FOLLOW_UP = """\
Hello {name},

you registered a little while ago. How is it going?

This is where you stand: {state}.
"""
REMINDER = """\
Hello {name},

your registration is not completed yet. One click does it:

{link}

You will not be reminded again.
"""


def welcome(user: User) -> EmailMessage:
    """The mail with the link that completes the registration."""
    return _letter(user, f"Welcome, {user.name}", WELCOME)


def follow_up(user: User) -> EmailMessage:
    """The mail that asks how it is going."""
    return _letter(user, f"How is it going, {user.name}?", FOLLOW_UP)


def reminder(user: User) -> EmailMessage:
    """The mail to those who have not used the link of the first one."""
    return _letter(user, f"One step is left, {user.name}", REMINDER)


def send(message: EmailMessage) -> None:
    """Hand a mail to the mail process; raises OSError, of which smtplib's errors are."""
    port = settings.port_of("mail")
    # The name is given because smtplib would ask the DNS for this machine's name.
    with smtplib.SMTP(settings.HOST, port, local_hostname="localhost", timeout=5) as server:
        server.send_message(message)


def _letter(user: User, subject: str, text: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = SENDER
    message["To"] = Address(user.name, addr_spec=user.email)
    message["Subject"] = subject
    link = f"{settings.web_url()}/complete/{user.token}"
    message.set_content(text.format(name=user.name, link=link, state=user.state))
    return message
