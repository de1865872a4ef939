"""Work at once: the web process enqueues the welcome mail in Redis, the worker process sends it."""

import time
from logging import LogRecord
from types import FrameType
from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue, Worker

from registration import letters, settings, store

QUEUE = "mails"
TRIES = 30
PAUSE = 0.1


class MailWorker(Worker):
    """An rq worker that takes it calmly when Redis ends before it, as may happen when the whole app stops."""

    def work(self, *arguments: Any, **options: Any) -> bool:
        """Say in one line that it is ready; with `--quiet` rq itself tells only what goes wrong."""
        print(f"waiting for jobs in the queue '{QUEUE}'", flush=True)
        self.log.addFilter(self._is_worth_telling)
        return bool(super().work(*arguments, **options))

    def unsubscribe(self) -> None:
        """Do nothing: the subscription ends with this process; rq would wait for a Redis that may be gone."""

    def _is_worth_telling(self, record: LogRecord) -> bool:
        """Not, while the app stops, that Redis is gone already."""
        error = record.exc_info[1] if record.exc_info else None
        lost = isinstance(error, RedisConnectionError) or "could not connect to Redis" in record.msg
        return not (lost and self._stop_requested)

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
    try:
        Queue(QUEUE, connection=_redis()).enqueue(send_welcome, user.id)
    except RedisError as error:
        print(f"cannot enqueue the mail to {user.email}: {error}", flush=True)
        store.note_mail(user.id, "failed")


def wait_for_worker() -> None:
    """Return when a worker has signed on, or after some three seconds: the app can do without."""
    for _ in range(TRIES):
        try:
            if Worker.count(connection=_redis()):
                return
        except RedisError:
            return
        time.sleep(PAUSE)


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


def _redis() -> Redis:
    return Redis(settings.HOST, settings.port_of("redis"), socket_timeout=2, retry=Retry(NoBackoff(), 0))
