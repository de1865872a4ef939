"""The web process: the form, the registrations and the mails received, served by uvicorn."""

import socket

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from registration import inbox, jobs, pages, settings, store, tasks, wait
from registration.form import Form


def home(request: Request) -> Response:
    """GET /"""
    return _form_page(Form(), {})


async def register(request: Request) -> Response:
    """POST /register"""
    return await run_in_threadpool(_register, Form.parse(await request.body()))


def show_user(request: Request) -> Response:
    """GET /users/{user_id}"""
    user = store.find(request.path_params["user_id"])
    return HTMLResponse(pages.registration(user)) if user else _not_found()


def complete(request: Request) -> Response:
    """GET /complete/{token}, the link in the welcome mail"""
    user = store.complete(request.path_params["token"])
    if user is None:
        return _not_found()
    print(f"{user.email} has completed the registration", flush=True)
    return _see_user(user)


def mails(request: Request) -> Response:
    """GET /mails"""
    return HTMLResponse(pages.mails(inbox.received()))


def health(request: Request) -> Response:
    """GET /health"""
    return PlainTextResponse("ok")


def not_found(request: Request, error: Exception) -> Response:
    """Any other address"""
    return _not_found()


def _register(form: Form) -> Response:
    if problems := form.problems():
        return _form_page(form, problems)
    try:
        user = store.add(form.name, form.email)
    except store.EmailTakenError:
        return _form_page(form, {"email": f"{form.email} is registered already."})
    print(f"{user.email} has registered", flush=True)
    jobs.enqueue_welcome(user)
    tasks.plan_follow_up(user)
    return _see_user(user)


def _form_page(form: Form, problems: dict[str, str]) -> Response:
    return HTMLResponse(pages.home(form, problems, store.everybody()), status_code=422 if problems else 200)


def _see_user(user: store.User) -> Response:
    # 303 makes the browser GET, so that reloading the page registers nobody a second time.
    return RedirectResponse(f"/users/{user.id}", status_code=303)


def _not_found() -> Response:
    return HTMLResponse(pages.not_found(), status_code=404)


app = Starlette(
    routes=[
        Route("/", home),
        Route("/register", register, methods=["POST"]),
        Route("/users/{user_id:int}", show_user),
        Route("/complete/{token}", complete),
        Route("/mails", mails),
        Route("/health", health),
    ],
    exception_handlers={404: not_found},
)


class Server(uvicorn.Server):
    """uvicorn's server, which also tells where to click once all is ready."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then print the address of the app, as the last of the processes."""
        await super().startup(sockets=sockets)
        await run_in_threadpool(jobs.wait_for_worker)
        if self.started:
            print(f"open http://{self.config.host}:{self.config.port}", flush=True)


def main() -> None:
    """Wait for Redis, enqueue the mails that an earlier stop left unsent, serve until SIGTERM."""
    wait.end_on_sigterm()
    settings.follow_up_after()  # a mistake in these two shows now, and not in a request
    settings.remind_after()
    wait.until_listening("redis")
    for user in store.without_mail():
        jobs.enqueue_welcome(user)
    config = uvicorn.Config(
        app, settings.HOST, settings.own_port(), log_level="warning", timeout_graceful_shutdown=1
    )
    Server(config).run()


if __name__ == "__main__":
    main()
