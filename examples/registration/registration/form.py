"""The registration form: what the browser posted, and what is wrong with it."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qs

LONGEST_NAME = 80
LONGEST_EMAIL = 254
# A dot-atom of RFC 5322, section 3.2.3, before the @, less the two characters that begin an encoded word.
ATOM = r"[A-Za-z0-9_!#$%&'*+/^`{|}~-]+"
# Python's email package decodes an encoded word (RFC 2047) given to it as a header, line breaks included.
ENCODED_WORD = "=?"
LABEL = r"[^\W_]([\w-]*[^\W_])?"
ADDRESS = re.compile(rf"{ATOM}(\.{ATOM})*@{LABEL}(\.{LABEL})+")


@dataclass(frozen=True)
class Form:
    """The two fields, blanks tidied, as they go into a mail's headers."""

    name: str = ""
    email: str = ""

    @classmethod
    def parse(cls, body: bytes) -> "Form":
        """Read the body of a form post, application/x-www-form-urlencoded."""
        fields = parse_qs(body.decode(errors="replace"))
        return cls(*(" ".join(fields.get(field, [""])[0].split()) for field in ("name", "email")))

    def problems(self) -> dict[str, str]:
        """One message for each field that is not right."""
        found = {"name": _problem_of_name(self.name), "email": _problem_of_email(self.email)}
        return {field: message for field, message in found.items() if message}


def _problem_of_name(name: str) -> str:
    if not name:
        return "Please enter your name."
    if len(name) > LONGEST_NAME:
        return f"Please keep the name within {LONGEST_NAME} characters."
    if not name.isprintable() or ENCODED_WORD in name:
        return "Please leave control characters and “=?” out of the name."
    return ""


def _problem_of_email(email: str) -> str:
    if not email:
        return "Please enter your e-mail address."
    if len(email) > LONGEST_EMAIL or not ADDRESS.fullmatch(email):
        return f"“{email[:LONGEST_EMAIL]}” is not an e-mail address: it should look like name@example.com."
    return ""
