"""The commands: a module each, and a row each in the one table that reader, help and completion share."""

from __future__ import annotations

from procman.cli import controloptions, exportoptions, options, taskoptions
from procman.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from procman.cli.options import Option

ONE, OPTIONAL, ANY, SOME, REST = "one", "optional", "any", "some", "rest"
"""How many words stand behind a command. With REST its options end at the first of them."""
TYPES, TASKS, COMMANDS = "types", "tasks", "commands"
"""What the Tab key offers for them."""
FORMATS = "formats"
"""The same; `help` lists them too."""


class Argument(NamedTuple):
    """The words behind a command that are no options."""

    name: str
    how_many: str
    metavar: str
    help: str
    choices: tuple[str, ...] = ()
    offers: tuple[str, ...] = ()


class Command(NamedTuple):
    """One command. `supervises` says that it has children to guard."""

    summary: str
    options: tuple[Option, ...] = ()
    argument: Argument | None = None
    supervises: bool = False


def _processes(how_many: str) -> Argument:
    text = "a process 'web.1', a type 'web', or a pattern 'worker.*'"
    return Argument("names", how_many, "NAME", text, offers=(TYPES,))


def _task(help_: str, how_many: str = ONE) -> Argument:
    return Argument("task", how_many, "TASK", help_, offers=(TASKS,))


TABLE = {
    "start": Command(
        "run the app: all process types, or those named, and the tasks as they are due",
        options.START,
        Argument("names", ANY, "TYPE", "run only these process types", offers=(TYPES,)),
        supervises=True,
    ),
    "run": Command(
        "run a task, a process type or a command once, in the foreground",
        options.RUN,
        Argument(
            "words",
            REST,
            "TASK|TYPE|COMMAND",
            "a task's name, a process type, or a command; 'task NAME' and '-- COMMAND' say which",
            offers=(TASKS, TYPES),
        ),
        supervises=True,
    ),
    "ps": Command("list the processes of the running app", controloptions.PS),
    "top": Command("watch the processes of the running app", options.APP),
    "logs": Command("show what the running app has written", controloptions.LOGS, _processes(ANY)),
    "stop": Command(
        "stop processes of the running app, or all of it", controloptions.CONTROL_AND_WAIT, _processes(ANY)
    ),
    "restart": Command("restart processes of the running app", controloptions.RESTART, _processes(SOME)),
    "scale": Command(
        "have more or fewer processes of a type in the running app",
        controloptions.CONTROL_AND_WAIT,
        Argument("counts", SOME, "TYPE=N", "how many of which type", offers=(TYPES,)),
    ),
    "signal": Command(
        "send a signal to processes of the running app",
        controloptions.CONTROL,
        Argument(
            "words", SOME, "SIGNAL NAME", "the signal, such as HUP, and who is to get it", offers=(TYPES,)
        ),
    ),
    "reload": Command(
        "read the app's files again, and restart what has changed in the running app",
        controloptions.CONTROL_AND_WAIT,
    ),
    "reopen-logs": Command(
        "begin the log files of the running app anew, for whoever has moved them", controloptions.REOPENING
    ),
    "attach": Command(
        "use the terminal of a process of the running app, with its keys",
        controloptions.ATTACH,
        Argument("process", ONE, "NAME", "a process 'web.1', or a type that has one", offers=(TYPES,)),
    ),
    "events": Command("follow what happens in the running app", controloptions.CONTROL),
    "check": Command("print the plan, and every mistake in the app's files", options.CHECK),
    "tasks": Command("list the tasks", options.LISTING),
    "schedule": Command("list the tasks with their schedules, next and last runs", options.LISTING),
    "next": Command("list the ticks that come next", taskoptions.NEXT, _task("only this task", OPTIONAL)),
    "history": Command(
        "list the runs of tasks, or show one with its output",
        taskoptions.HISTORY,
        Argument("words", ANY, "TASK|show ID", "only this task; or one run with its output", offers=(TASKS,)),
    ),
    "jobs": Command("list the runs that wait for their time", taskoptions.JOBS),
    "cancel": Command(
        "cancel a run that waits for its time",
        options.LISTING,
        Argument("id", ONE, "ID", "the number of the job"),
    ),
    "pause": Command(
        "run no ticks and jobs of a task until it is resumed", options.LISTING, _task("the task")
    ),
    "resume": Command("end the pause of a task", options.LISTING, _task("the task")),
    "hosts": Command("list the hosts that share the tasks of this app", options.LISTING),
    "store": Command(
        "look after the store: how it is, move it, delete what is old",
        options.STORE,
        Argument("act", ONE, "status|migrate|prune", "what to do", choices=("status", "migrate", "prune")),
    ),
    "scheduler": Command(
        "run only the tasks as they are due, without the Procfile's processes",
        options.SCHEDULER,
        Argument("tasks", ANY, "TASK", "run no ticks of other tasks", offers=(TASKS,)),
        supervises=True,
    ),
    "export": Command(
        "write the app as files for another supervisor, or print them",
        exportoptions.EXPORT,
        Argument(
            "words",
            ANY,
            "FORMAT [DIR]",
            "for whom, and the folder for the files (default: print them)",
            offers=(FORMATS,),
        ),
    ),
    "import": Command(
        "make a Procfile and a procman.yml of other tools' files, or print them",
        exportoptions.IMPORT,
        Argument("files", SOME, "FILE", "what to read; '-' is standard input, and needs --from"),
    ),
    "init": Command("write a procman.yml to begin with, from the Procfile", options.APP[:2]),
    "schema": Command("print the JSON Schema of procman.yml, by which editors check it"),
    "version": Command("print the version"),
    "completion": Command(
        "print a shell's completion script",
        argument=Argument("shell", ONE, "SHELL", "bash, zsh or fish", choices=("bash", "zsh", "fish")),
    ),
    "help": Command(
        "describe the commands, or one of them",
        argument=Argument("topic", OPTIONAL, "COMMAND", "the command", offers=(COMMANDS,)),
    ),
}
FOREMANS = ("check", "export", "help", "run", "start", "version")
"""Foreman's own commands: a beginning that meant one of them there means it here, whatever else begins so."""
RUN_TASK = Command(
    "run a task, now or later",
    taskoptions.TASK,
    Argument(
        "task", ANY, "NAME [ARG ...]", "the task, and words for its command: those with '-' behind '--'"
    ),
)
"""Behind `run task`: not a command of its own, but read and described like one."""


def meant(word: str) -> list[str]:
    """The commands that a word can mean: one by its name, or by its beginning as long as that is unique."""
    if word in TABLE:
        return [word]
    found = [name for name in TABLE if word and name.startswith(word)]
    return [name for name in found if name in FOREMANS] or found
