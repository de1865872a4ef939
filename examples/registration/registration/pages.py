"""The HTML pages. Whatever a person typed goes through `html.escape`."""

import re
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path

from registration import settings
from registration.form import LONGEST_EMAIL, LONGEST_NAME, Form
from registration.inbox import Mail
from registration.store import User

STYLE = Path(__file__).with_name("style.css").read_text(encoding="utf-8")
STORY = Path(__file__).with_name("story.html").read_text(encoding="utf-8")
"""What the demo shows, on its first page."""
GOOD = {"sent", "completed", "not needed"}
BAD = {"failed"}
MAIL_IN_WORDS = {
    "queued": "The job waits in Redis for the worker; this page looks again by itself.",
    "sent": 'The worker took the job from Redis and sent the mail: see <a href="/mails">the mails</a>.',
    "failed": "The mail could not be sent; the app tries again when it is started next.",
}
KEPT = '<p class="soft">The mail process, an SMTP server, keeps them: nothing leaves this machine.</p>'


def home(form: Form, problems: dict[str, str], users: list[User]) -> str:
    """The form, with what is wrong with it, and everybody registered."""
    rows = "".join(map(_row, users)) or "<li>Nobody yet.</li>"
    listed = f"<section><h1>Registered so far</h1><ul>{rows}</ul></section>"
    return _page("Registration", _form(form, problems) + _story() + listed)


def registration(user: User) -> str:
    """One registration with its three mails; looks again when the next of them may have been sent."""
    body = f"""<section><h1>{escape(user.name)}, thank you for registering</h1>
<p>{escape(user.email)} {_badge(user.state)}</p>
<h2>At once</h2><p>Welcome mail {_badge(user.mail)}</p>
<p class="soft">{MAIL_IN_WORDS[user.mail]}</p>
{_follow_up(user)}
{_reminder(user)}</section>"""
    return _page("Your registration", body, refresh=_seconds_to_news(user))


def mails(received: list[Mail]) -> str:
    """Every mail that the SMTP server of the demo got."""
    sections = "".join(map(_mail, received)) or "<section><p>No mail yet.</p></section>"
    return _page("Mails received", f"<h1>Mails received</h1>{KEPT}{sections}")


def not_found() -> str:
    """For addresses and links that lead nowhere."""
    return _page("Not found", "<section><h1>Not found</h1><p>This link leads nowhere.</p></section>")


def _story() -> str:
    later, reminder = wording(settings.follow_up_after()), wording(settings.remind_after())
    return STORY.format(later=later, reminder=reminder)


def wording(wait: timedelta) -> str:
    """A wait for people: `20 seconds`, `10 minutes`."""
    seconds = int(wait.total_seconds())
    for size, name in ((3600, "hour"), (60, "minute")):
        if seconds and seconds % size == 0:
            return _counted(seconds // size, name)
    return _counted(seconds, "second")


def _counted(number: int, name: str) -> str:
    return f"{number} {name}" if number == 1 else f"{number} {name}s"


def _page(title: str, body: str, *, refresh: int | None = None) -> str:
    again = f'<meta http-equiv="refresh" content="{refresh}">' if refresh else ""
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">{again}
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><title>{escape(title)}</title><style>{STYLE}</style></head>
<body><nav><a href="/">Registration demo</a><a href="/">Register</a><a href="/mails">Mails received</a></nav>
<main>{body}</main></body></html>"""


def _follow_up(user: User) -> str:
    if user.followed_up_at:
        badge, words = "sent", f"Sent at {_local(user.followed_up_at)}."
    elif user.follow_up_due:
        badge, words = (
            "planned",
            f"Due at {_local(user.follow_up_due)}. Stop the app before, and it comes at the next start.",
        )
    else:
        badge, words = "not planned", "There is none for this registration."
    return f"""<h2>Later</h2><p>How is it going? {_badge(badge)}</p><p class="soft">{words}</p>"""


def _reminder(user: User) -> str:
    if user.reminded_at:
        badge, words = "sent", f"Sent at {_local(user.reminded_at)}."
    elif user.completed_at:
        badge, words = "not needed", f"Completed at {_local(user.completed_at)}."
    else:
        due = _local(_reminder_due(user).isoformat())
        badge, words = "waiting", f"Sent by the first round after {due}, unless you use the link before."
    return f"""<h2>On a schedule</h2><p>Reminder {_badge(badge)}</p><p class="soft">{words}</p>"""


def _reminder_due(user: User) -> datetime:
    return datetime.fromisoformat(user.registered_at) + settings.remind_after()


def _seconds_to_news(user: User) -> int | None:
    """When the page looks again: once a mail is due, then every few seconds until it is sent."""
    if user.mail == "queued":
        return 1
    due = []
    if user.follow_up_due and not user.followed_up_at:
        due.append(datetime.fromisoformat(user.follow_up_due))
    if not user.completed_at and not user.reminded_at:
        due.append(_reminder_due(user))
    now = datetime.now(UTC)
    return min((max(5, round((at - now).total_seconds())) for at in due), default=None)


def _local(at: str) -> str:
    return f"{datetime.fromisoformat(at).astimezone():%Y-%m-%d %H:%M:%S}"


def _form(form: Form, problems: dict[str, str]) -> str:
    name = f'type="text" autocomplete="name" maxlength="{LONGEST_NAME}"'
    email = f'type="email" autocomplete="email" maxlength="{LONGEST_EMAIL}"'
    return f"""<section><h1>Register</h1><form method="post" action="/register">
{_field("name", "Name", form.name, name, problems)}
{_field("email", "E-mail", form.email, email, problems)}
<button>Register</button></form></section>"""


def _field(field: str, label: str, value: str, attributes: str, problems: dict[str, str]) -> str:
    problem = ""
    if field in problems:
        attributes += f' aria-invalid="true" aria-describedby="{field}-problem"'
        problem = f'<p class="problem" id="{field}-problem" role="alert">{escape(problems[field])}</p>'
    return f"""<label for="{field}">{label}</label>
<input id="{field}" name="{field}" value="{escape(value)}" required {attributes}>{problem}"""


def _row(user: User) -> str:
    at = datetime.fromisoformat(user.registered_at).astimezone()
    return f"""<li><span><a href="/users/{user.id}">{escape(user.name)}</a><br>
<small>{escape(user.email)}, {at:%Y-%m-%d %H:%M}</small></span><span>{_badge(user.state)}</span></li>"""


def _badge(words: str) -> str:
    kind = "good" if words in GOOD else "bad" if words in BAD else "waiting"
    return f'<span class="badge {kind}">{words}</span>'


def _mail(mail: Mail) -> str:
    return f"""<section><h2>{escape(mail.subject)}</h2>
<small>to {escape(mail.to)}<br>from {escape(mail.sender)}</small>
<pre>{_with_links(mail.text)}</pre></section>"""


def _with_links(text: str) -> str:
    return re.sub(r"https?://[^\s&<>]+", r'<a href="\g<0>">\g<0></a>', escape(text))
