"""Work later and on a schedule: the commands of the tasks in procman.yml, and the call that asks for one.

`python -m registration.tasks follow_up USER` asks one user how it is going, `… remind` reminds those who
have not completed. Both begin whenever it is time, so they wait for the mail process as all others do. What
was sent is noted behind the sending: when that fails in between, a mail comes twice rather than never.
"""

import sys
from datetime import UTC, datetime

from procman import enqueue
from procman.errors import StoreError
from registration import letters, settings, store, wait


def plan_follow_up(user: store.User) -> None:
    """Have the follow-up mail sent later; where the app has no tasks the user goes without."""
    delay = settings.follow_up_after()
    try:
        enqueue("how_is_it_going", user.id, delay=delay)
    except (StoreError, ValueError) as error:
        print(f"cannot plan the follow-up mail to {user.email}: {error}", flush=True)
    else:
        store.note_follow_up_planned(user.id, datetime.now(UTC) + delay)


def follow_up(user_id: str) -> None:
    """Ask one user how it is going, unless that was done before."""
    user = store.find(user_id)
    if user is None or user.followed_up_at:
        print(f"user {user_id} is gone" if user is None else f"{user.email} was asked already")
        return
    wait.until_listening("mail")
    letters.send(letters.follow_up(user))
    store.note_followed_up(user.id)
    print(f"asked {user.email} how it is going")


def remind() -> None:
    """Remind everybody who registered a while ago and has not completed, once each."""
    users = store.to_be_reminded(registered_before=datetime.now(UTC) - settings.remind_after())
    if users:
        wait.until_listening("mail")
    reminded = [user for user in users if _remind(user)]
    print(f"users reminded: {len(reminded)}")
    if len(reminded) < len(users):
        sys.exit(1)


def _remind(user: store.User) -> bool:
    """One who cannot be reached is no reason to leave the others waiting."""
    try:
        letters.send(letters.reminder(user))
    except OSError as error:
        print(f"cannot remind {user.email}: {error}")
        return False
    store.note_reminded(user.id)
    return True


def main() -> None:
    """Run the task that the arguments name."""
    match sys.argv[1:]:
        case ["follow_up", user_id]:
            follow_up(user_id)
        case ["remind"]:
            remind()
        case _:
            sys.exit("usage: python -m registration.tasks follow_up USER | remind")


if __name__ == "__main__":
    main()
