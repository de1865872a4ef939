"""Work at once: the web process enqueues the welcome mail in Redis, the worker process sends it."""

from types import FrameType

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue, Worker

from registration import letters, settings, store


class MailWorker(Worker):
    """An rq worker that takes it calmly when Redis ends before it, as may happen when the whole app stops."""

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Stop also in the middle of a log call, where logging swallows what rq raises to stop itself."""
        self._stop_requested = True
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]

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
        letters.send(letters.welcome(user))
    except Exception:  # whatever it was: rq logs it, and the page must not wait for ever
        store.note_mail(user_id, "failed")
        raise
    store.note_mail(user_id, "sent")
    print(f"sent the welcome mail to {user.email}", flush=True)
