"""What supervisord.conf can say and procman has no word for."""

from __future__ import annotations

LOGS = "stdout_logfile stderr_logfile stdout_logfile_maxbytes stderr_logfile_maxbytes".split()
LOGS += "stdout_logfile_backups stderr_logfile_backups".split()
LOGGED = (
    "procman keeps a file for each process, with both streams in it: write 'log_dir: log' below 'start:' of"
    " procman.yml, and there log_size and log_keep"
)
EVENTS = "procman has no events of this kind: 'procman events' tells what becomes of processes"
SYSLOG = "procman does not write to syslog: run it below systemd, or pipe the command into logger(1)"
PROGRAM = {
    "stdout_capture_maxbytes": EVENTS,
    "stderr_capture_maxbytes": EVENTS,
    "stdout_events_enabled": EVENTS,
    "stderr_events_enabled": EVENTS,
    "stdout_syslog": SYSLOG,
    "stderr_syslog": SYSLOG,
    "serverurl": "procman sets no SUPERVISOR_SERVER_URL: PROCMAN_STATE leads to its socket",
    "socket_backlog": "how many may wait is for the system to say: net.core.somaxconn",
    "socket_owner": "procman listens on TCP ports only",
    "socket_mode": "procman listens on TCP ports only",
}
SILENT = ("redirect_stderr", "killasgroup")
"""procman has both streams in one log, and what is left of a process's group it stops always."""
USUAL = dict.fromkeys(
    "stdout_events_enabled stderr_events_enabled stdout_syslog stderr_syslog".split(), "false"
)
USUAL |= {"stdout_capture_maxbytes": "0", "stderr_capture_maxbytes": "0", "serverurl": "auto"}
"""What supervisord does without a word, in small letters."""

OWN_LOG = "procman writes its own words to the log of all, and to system.log with 'log_dir'"
DAEMON = {
    "logfile": OWN_LOG,
    "logfile_maxbytes": OWN_LOG,
    "logfile_backups": OWN_LOG,
    "loglevel": "procman has no levels of its own words: -q leaves them out",
    "pidfile": "procman needs none: 'procman ps' and 'procman stop' find it by the app's folder",
    "silent": "procman start -q writes less",
    "minfds": "write 'nofile' for a process that needs more open files than usual",
    "minprocs": "procman asks for no number of processes: ulimit -u does",
    "user": "start procman as this user, or as root with 'user' for each process",
    "directory": "procman and relative paths start at the app's folder: call it there, or with -d",
    "identifier": "procman knows an app by its folder",
    "childlogdir": LOGGED,
    "nocleanup": LOGGED,
    "strip_ansi": "procman leaves colours out of its log files always",
}
DAEMON_SILENT = ("nodaemon",)
"""Who starts procman says whether it is to be in the background: --detach."""
DAEMON_USUAL = dict.fromkeys("silent nocleanup strip_ansi".split(), "false")
DAEMON_USUAL |= {"minfds": "1024", "minprocs": "200", "loglevel": "info", "identifier": "supervisor"}
SECTIONS = {
    "unix_http_server": "procman needs none: 'procman ps', 'stop', 'restart' and so on ask it itself",
    "inet_http_server": "procman cannot be controlled over the network: use ssh and 'procman ps' and so on",
    "supervisorctl": "'procman ps', 'start', 'stop', 'restart', 'logs' do this, and need no settings",
    "rpcinterface": "procman has none: 'procman ps --json' and 'procman events --json' are for programs",
    "ctlplugin": "procman has no plugins",
    "eventlistener": (
        "it speaks supervisord's event protocol on its input and output, which procman does not: what it does"
        " may be done with 'procman events --json'. It is left out"
    ),
}
