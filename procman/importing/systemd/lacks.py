"""What units say and procman.yml has no word for: why, and what to do. By patterns of the keys."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from procman.importing.systemd.reading import Setting

QUIET = re.compile(
    r"Documentation|SourcePath|RemainAfterExit|GuessMainPID|DefaultDependencies|CollectMode|NotifyAccess"
    r"|PassEnvironment|AccuracySec|RemainAfterElapse|WantedBy|RequiredBy|UpheldBy|Alias|Also|DefaultInstance"
    r"|FixedRandomDelay|TimeoutStartFailureMode|StopWhenUnneeded|IgnoreOnIsolate|StandardInput|TTY\w+"
)
"""What means nothing to procman, or is so anyway."""
REASONS = {
    r"Description": "a Procfile has no descriptions: write a comment",
    r"ExecReload": "say 'procman signal HUP NAME' where 'systemctl reload' was",
    r"ExecStop": "procman stops by a signal: 'stop_signal' says which",
    r"ExecStopPost|ExecStartPost|ExecCondition": "nothing runs there: write it into the command",
    r"PIDFile|BusName": "procman watches the process itself: have it stay in the foreground",
    r"KillMode": "procman stops all that a process leaves behind",
    r"(?:Success|RestartPrevent|RestartForce)\w+": "code 0 is success, and nothing else",
    r"(?:SendSIGKILL|FinalKillSignal|SendSIGHUP|RestartKillSignal|WatchdogSignal)": "there is one signal to"
    " stop with, and SIGKILL behind it",
    r"Standard(?:Output|Error)|Syslog\w*|Log[A-Z]\w+": "all that it writes is in procman's log, and in"
    " 'log_dir' below 'start'",
    r"(?:Runtime|State|Cache|Logs|Configuration)Directory\w*": "make the folder yourself, and say its"
    " variable in 'env'",
    r"(?:CPU|Memory|IO|BlockIO|Tasks|Slice|OOM|Limit|ManagedOOM|NUMA|Startup|LimitRTTIME)\w*": "procman does"
    " not limit that: let a unit of systemd run procman with it",
    r"(?:Private|Protect|Read|Inaccessible|Exec|NoExec|NoNew|Capability|Ambient|SystemCall|Restrict|Lock"
    r"|MemoryDeny|Root|Bind|Temporary|Dynamic|Secure|SELinux|AppArmor|Smack|Mount|Remove|Device|IPAddress"
    r"|SocketBind|Network|Keyring|Proc|Delegate|PAM|Supplementary|Load|SetCredential|User[NDM]|Host)\w*": ""
    "procman does not confine: let a unit of systemd run procman with it",
    r"(?:Condition|Assert)\w+": "procman starts it anyway",
    r"On(?:Failure|Success)\w*": "nothing is started then: 'procman events --json' tells of it",
    r"Conflicts|PartOf|BindsTo|Requisite|PropagatesReloadTo|ReloadPropagatedFrom|Upholds": "procman knows"
    " 'depends_on' only",
    r"Sockets": "write 'listen' for sockets that procman hands it",
    r"UnsetEnvironment": "put 'env -u NAME' in front of the command",
    r"WakeSystem": "procman wakes no machine",
}
ELSE = "it has no counterpart"


def why(setting: Setting) -> str:
    """Why it is not carried over; nothing where that makes no difference."""
    if QUIET.fullmatch(setting.key):
        return ""
    return next((text for pattern, text in REASONS.items() if re.fullmatch(pattern, setting.key)), ELSE)
