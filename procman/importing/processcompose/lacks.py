"""What a file of process-compose can say and procman has no word for."""

from __future__ import annotations

LOGGED = (
    "procman writes what processes say to its own output, and to a file for each with 'log_dir: log' below"
    " 'start:' of procman.yml, and there log_size and log_keep"
)
LOGS = ("log_location", "log_configuration", "truncate_log")
OTHER_FILE = "that file is not read by itself: write both into one, and import that"
MCP = "procman has no server for models: nothing is made of it"
PROJECT = {
    "log_level": "procman has no levels of its own words: -q leaves them out",
    "log_length": "'procman logs' shows what is kept: -n says how many lines",
    "log_format": "'--log-format json' is procman's other format",
    "log_location": LOGGED,
    "log_configuration": LOGGED,
    "is_tui_disabled": "'procman top' is the full screen, and not shown unless you ask for it",
    "extends": OTHER_FILE,
    "env_cmds": "write X=$(command) in front of the commands that need it",
    "mcp_server": MCP,
    "file_names": "it means nothing in a file",
    "env_file_names": "'-e' or 'env' below 'start:' names files with variables",
    "dot_env_vars": "write them to .env",
}
PROJECT_USUAL = {"log_level": "info", "is_tui_disabled": "false", "log_length": "1000"}
SILENT = ("version", "name", "is_strict", "ordered_shutdown")
"""procman is strict always, and who needs others is stopped before them always."""

PROCESS = {
    "extends": "write what it takes from the other process into this one",
    "is_daemon": "procman runs commands in the foreground: take out what sends this one to the background",
    "launch_timeout_seconds": "'within' below 'ready' is such a time",
    "is_elevated": "write 'sudo' into the command, or start procman as root and write 'user'",
    "namespace": "procman has none: name processes, as in 'procman start web worker'",
    "disable_ansi_colors": "log files have no colours, and '--color never' leaves them out elsewhere",
    "mcp": MCP,
    "monitor_for": "procman tells nobody of output that comes or does not come",
    "monitor_silence_threshold": "procman tells nobody of output that comes or does not come",
    "is_dotenv_disabled": "every process has the variables of .env: 'env -u NAME' takes one out",
    "original_config": "it means nothing in a file",
    "replica_num": "it means nothing in a file",
    "replica_name": "it means nothing in a file",
    "executable": "it means nothing in a file: 'command' or 'entrypoint' says what runs",
    "args": "it means nothing in a file: 'command' or 'entrypoint' says what runs",
}
PROCESS_USUAL = dict.fromkeys(
    "is_daemon is_elevated disable_ansi_colors truncate_log is_dotenv_disabled".split(), "false"
)
PROCESS_USUAL |= {"namespace": "default", "monitor_for": "none", "log_location": ""}
PROCESS_SILENT = ("description", "name", "vars")

TASK = dict.fromkeys(
    "availability depends_on readiness_probe liveness_probe ready_log_line shutdown replicas watch is_tty"
    " is_interactive is_foreground success_exit_codes".split(),
    "a task of procman has no such key",
)
AVAILABILITY = {
    "exit_on_skipped": "procman ends when nothing is left that runs or can run",
}
AVAILABILITY_USUAL = {"exit_on_skipped": "false"}
SHUTDOWN = {
    "command": "procman sends a signal: let a 'trap' in the command do it",
    "send_keys": "procman sends a signal and no keys",
}
SHELL = {
    "elevated_shell_command": "write 'sudo' into the command",
    "elevated_shell_argument": "write 'sudo' into the command",
}
WATCH = {
    "cascade": "procman restarts the process alone",
    "debounce": "procman waits until nothing has changed for 0.1 s",
    "max_entries": "how many folders can be watched is for the system to say",
    "buffer_size": "it means nothing here",
    "disable_default_excludes": "what procman never looks at stays so",
}
PROBE = {
    "success_threshold": "one good answer is enough for procman",
    "grpc": "write a command that asks: 'cmd: grpc_health_probe -addr=localhost:50051'",
}
PROBE_USUAL = {"success_threshold": "1"}
HTTP_USUAL = {"status_code": "200"}
HTTP = {
    "headers": "write a command that asks: 'cmd: curl -fsS -H ...'",
    "status_code": "procman takes any status from 200 to 399 for well",
}
BASH = (
    "process-compose runs commands with bash, procman with /bin/sh: those with signs of bash have 'bash -c'"
    " in front"
)
AGAIN = (
    "procman asks until a process is ready, and not afterwards: 'alive' says what is to be asked then, with"
    " the same keys"
)
