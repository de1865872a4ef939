"""What an ecosystem file of pm2 can say and procman has no word for."""

from __future__ import annotations

TOP = {
    "deploy": "procman copies nothing to other machines",
    "static": "procman serves no files",
    "io": "procman reports to nobody",
}
LOGS = "out_file error_file log_file merge_logs log_date_format time log_type disable_logs".split()
LOGGED = (
    "procman writes what processes say to its own output, with the time, and to a file for each with"
    " 'log_dir: log' below 'start:' of procman.yml"
)
NODE_OPTION = "write Node's option into the command: node --enable-source-maps"
PLUS = "procman reports to nobody"
APP = {
    "name_prefix": "write it into the name",
    "append_env_to_name": "write it into the name",
    "filter_env": "procman hands on its own environment: 'env -u NAME' in front of the command takes one out",
    "namespace": "procman has none: patterns name several, procman restart 'mail*'",
    "install_url": "procman installs nothing",
    "pid_file": "procman needs none: 'procman ps --json' tells the pid",
    "source_map_support": NODE_OPTION,
    "disable_source_map_support": NODE_OPTION,
    "shutdown_with_message": "procman sends signals only: let the app stop on SIGINT",
    "watch_delay": "a burst of changes is one restart: procman waits until nothing has changed for 0.1 s",
    "watch_options": "procman watches as the system tells it of changes",
    "force": "procman starts each line of the Procfile",
    "post_update": "procman copies nothing to other machines",
    "trace": PLUS,
    "disable_trace": PLUS,
    "v8": PLUS,
    "event_loop_inspector": PLUS,
    "deep_monitoring": PLUS,
    "pmx": PLUS,
    "automation": PLUS,
    "io": PLUS,
    "vizion": "procman does not look at the repository",
    "windows_hide": "procman does not run on Windows",
    "username": "pm2 sets it itself: 'user' says whom a process runs as",
    "kill_retry_time": "procman waits for the end of a process, and does not ask again and again",
    "write": "it means nothing in a file",
}
USUAL = dict.fromkeys("source_map_support vizion pmx automation windows_hide disable_trace".split(), "true")
USUAL |= dict.fromkeys(
    "disable_source_map_support shutdown_with_message force trace append_env_to_name filter_env".split(),
    "false",
)
USUAL |= {"namespace": "default", "kill_retry_time": "100", "watch_delay": "0"}
"""What pm2 does without a word."""

ALIASES = {
    "exec": "script",
    "cmd": "script",
    "command": "script",
    "interpreter": "exec_interpreter",
    "interpreter_args": "node_args",
    "out": "out_file",
    "output": "out_file",
    "out_log": "out_file",
    "error": "error_file",
    "err": "error_file",
    "err_file": "error_file",
    "err_log": "error_file",
    "log": "log_file",
    "pid": "pid_file",
    "cron": "cron_restart",
    "combine_logs": "merge_logs",
    "user": "uid",
}
