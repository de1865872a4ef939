"""The options of `procman export` and `procman import`; those of Foreman's export are spelt as there."""

from __future__ import annotations

import os

from procman.cli.amounts import SECONDS, seconds
from procman.cli.options import APP, ENVIRONMENT, FORMATION, PORT, Option, switch
from procman.host.signals import GRACE_SECONDS

DRY_RUN = switch("diff", "--diff", "show what would change, and change nothing")._replace(only_typed=True)
FORCE = switch("force", "--force", "replace files that are somebody else's")._replace(only_typed=True)
STRICT = switch("strict", "--strict", "what the format cannot say is an error")
WRITE = switch("write", "--write", "write the files, never over existing ones")._replace(only_typed=True)
EXPORT = (
    *APP,
    ENVIRONMENT,
    FORMATION,
    PORT,
    Option("app", "-a --app", "the app's name (default: that of its folder)", "NAME"),
    Option("user", "-u --user", "whom the processes run as", "NAME"),
    Option("log", "-l --log", "the folder for logs", "DIR", convert=os.path.abspath),
    Option("run", "-r --run", "the folder for pid files", "DIR", convert=os.path.abspath),
    Option(
        "template",
        "-t --template",
        "templates that replace procman's own, before ~/.config/procman/templates/FORMAT",
        "DIR",
        convert=os.path.abspath,
    ),
    Option(
        "timeout",
        "-T --timeout",
        "time between the stop signal and SIGKILL, in seconds or as 1m (default: 5)",
        "SECONDS",
        default=GRACE_SECONDS,
        convert=seconds,
        expects=SECONDS,
    ),
    switch("no_env", "--no-env", "name the environment files in place of the values in them"),
    switch("user_units", "--user-units", "units for 'systemctl --user'"),
    switch("scheduler", "--scheduler", "leave all tasks to 'procman scheduler', which takes jobs as well"),
    STRICT,
    DRY_RUN,
    FORCE,
)
IMPORT = (
    APP[1],
    Option("from_format", "--from", "what the files are (default: as their names and texts tell)", "FORMAT"),
    WRITE,
)
