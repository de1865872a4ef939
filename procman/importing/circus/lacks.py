"""What circus.ini can say and procman has no word for."""

from __future__ import annotations

STREAMS = ("stdout_stream", "stderr_stream")
LOGGED = (
    "procman writes what processes say to its own output, and to a file for each with 'log_dir: log' below"
    " 'start:' of procman.yml"
)
HOOK = (
    "procman calls no functions of Python: 'depends_on' and 'ready' may say it, or the command does it first"
)
RLIMIT = "procman sets the number of open files only: write 'ulimit' in front of the command"
WATCHER = {
    "shell_args": "they are arguments of the shell that nothing uses",
    "copy_path": "set PYTHONPATH in 'env' instead",
    "virtualenv": "name the Python of that environment in the command: venv/bin/python",
    "warmup_delay": "procman starts all instances at once",
    "send_hup": "'procman signal HUP NAME' does it when you ask for it",
    "max_retry": "procman goes on trying: 'give_up_after' below 'backoff' says how often",
    "max_age_variance": "all are restarted as soon as they have run for 'max_runtime'",
    "on_demand": "procman starts processes at once; connections wait in the socket of 'listen' meanwhile",
    "close_child_stdout": "write '> /dev/null' behind the command",
    "close_child_stderr": "write '2> /dev/null' behind the command",
    "executable": "the name of the program cannot be another one than what runs: write 'exec -a' of bash",
    "check_flapping": "'backoff' says what follows when it ends again and again",
    "use_papa": "procman hands over sockets itself: 'listen'",
    "stdin_socket": "'listen' hands over sockets from descriptor 3 on: write '<&3' behind the command",
}
USUAL = dict.fromkeys("copy_path send_hup on_demand close_child_stdout close_child_stderr".split(), "false")
USUAL |= {"warmup_delay": "0", "max_age_variance": "30", "max_retry": "5"}
"""What circus does without a word, in small letters."""
CIRCUS = {
    "endpoint": "procman is controlled by a socket of its own in .procman: 'procman ps' and so on",
    "endpoint_owner": "the socket in .procman is for the user who started procman",
    "pubsub_endpoint": "'procman events --json' tells what happens",
    "multicast_endpoint": "procman runs on one machine",
    "statsd": "'procman top' and 'procman ps --json' tell what processes use",
    "stats_endpoint": "'procman top' and 'procman ps --json' tell what processes use",
    "statsd_close_outputs": "procman has no such part",
    "warmup_delay": "procman starts all at once: 'depends_on' makes one wait for others",
    "stream_backend": "procman has one way to read output",
    "httpd": "procman has no pages to look at: 'procman top'",
    "httpd_host": "procman has no pages to look at: 'procman top'",
    "httpd_port": "procman has no pages to look at: 'procman top'",
    "httpd_close_outputs": "procman has no pages to look at: 'procman top'",
    "debug": "procman writes what its processes say anyway",
    "debug_gc": "procman has no such part",
    "pidfile": "procman needs none: 'procman ps' and 'procman stop' find it by the app's folder",
    "loglevel": "procman has no levels of its own words: -q leaves them out",
    "logoutput": "procman writes to its own output, and to files with 'log_dir'",
    "loggerconfig": "procman writes to its own output, and to files with 'log_dir'",
    "fqdn_prefix": "procman calls processes by their own names",
}
CIRCUS_USUAL = dict.fromkeys(
    "statsd statsd_close_outputs httpd httpd_close_outputs debug debug_gc".split(), "false"
)
CIRCUS_USUAL |= {"warmup_delay": "0", "logoutput": "-"}
SOCKET_USUAL = {"replace": "false", "so_reuseport": "false", "blocking": "false"}
SOCKET = {
    "umask": "procman opens TCP sockets only",
    "replace": "procman opens TCP sockets only",
    "interface": "procman binds a socket to an address: name the one of that interface",
    "so_reuseport": "all instances have the same socket with 'listen'",
    "proto": "procman opens TCP sockets only",
    "backlog": "how many may wait is for the system to say: net.core.somaxconn",
    "blocking": "procman hands over the socket as it is, blocking",
}
PLUGIN = "procman has no plugins: nothing is made of it"
ALONE = (
    "copy_env: circus gives a process no other variables than those in [env] and [env:...] unless copy_env is"
    " set; with procman it has those of procman's own environment, too"
)
