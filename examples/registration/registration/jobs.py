"""The background jobs: the web process enqueues them in Redis, the worker process runs them."""

import smtplib
from email.headerregistry import Address
from email.message import EmailMessage

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue, Worker

from registration import settings, store

SENDER = Address("Registration demo", "welcome", "demo.example")
WELCOME = """\
Hello {name},

thank you for registering. One step is left. Complete my registration:

{link}

Until then you are registered, but not completed.
"""


class MailWorker(Worker):
    """An rq worker that takes it calmly when Redis ends before it, as may happen when the whole app stops."""

    def teardown(self) -> None:
        """Sign off from Redis, if it is still there; retrying would only delay the end."""
        self.connection.set_retry(Retry(NoBackoff(), 0))
        try:
            super().teardown()  # type: ignore[no-untyped-call]
        except RedisConnectionError:
            self.log.info("Redis has ended already, so there is nowhere to sign off")


def enqueue_welcome(user: store.User) -> None:
    """Ask the worker for the welcome mail; with Redis away the user keeps the registration, and no mail."""
    redis = Redis(settings.HOST, settings.port_of("redis"), socket_timeout=2, retry=Retry(NoBackoff(), 0))
    try:
        Queue("mails", connection=redis).enqueue(send_welcome, user.id)
    except RedisError as error:
        print(f"cannot enqueue the mail to {user.email}: {error}", flush=True)
        store.note_mail(user.id, "failed")


def send_welcome(user_id: int) -> None:
    """Send the welcome mail unless it is sent already: a queue may deliver the same job twice."""
    user = store.find(user_id)
    if user is None or user.mail == "sent":
        return
    try:
        _send(welcome(user))
    except Exception:  # whatever it was: rq logs it, and the page must not wait for ever
        store.note_mail(user_id, "failed")
        raise
    store.note_mail(user_id, "sent")


def welcome(user: store.User) -> EmailMessage:
    """The mail with the link that completes the registration."""
    message = EmailMessage()
    message["From"] = SENDER
    message["To"] = Address(user.name, addr_spec=user.email)
    message["Subject"] = f"Welcome, {user.name}"
    message.set_content(WELCOME.format(name=user.name, link=f"{settings.web_url()}/complete/{user.token}"))
    return message


def _send(message: EmailMessage) -> None:
    port = settings.port_of("mail")
    # The name is given because smtplib would ask the DNS for this machine's name.
    with smtplib.SMTP(settings.HOST, port, local_hostname="localhost", timeout=5) as server:
        server.send_message(message)
