"""Files of other tools, in the shape that their documentation describes; and how the tests read them."""

from __future__ import annotations

from typing import Any

import yaml

from procman.importing import checked, sources, written
from procman.importing.found import Found, Place

ROOT = "/srv/shop"
FOLDERS = ("/", ROOT, f"{ROOT}/api", "/var/lib/shop")
FILES = (
    *(f"{ROOT}/{name}" for name in (".env", ".env.local", ".env.dev", "Procfile", "Procfile.dev")),
    "/etc/default/shop",
)
USERS = ("shop", "www-data", "root")

CRONTAB = """\
# Edit this file to introduce tasks to be run by cron.
#
# m h  dom mon dow   command
SHELL=/bin/bash
PATH=/usr/local/bin:/usr/bin:/bin
MAILTO=ops@example.com

# Remind users who have not completed registration
*/10 9-17 * * mon-fri cd /srv/shop && flock -n /tmp/remind timeout 300 ./remind >> log/remind.log 2>&1
0 3 1 * * cd /srv/shop && ./invoice --date=$(date +\\%F)
@reboot /srv/shop/bin/warm
"""
ETC_CRONTAB = """\
# /etc/crontab: system-wide crontab
SHELL=/bin/sh
PATH=/usr/local/sbin:/usr/local/bin:/sbin:/bin:/usr/sbin:/usr/bin

# Example of job definition:
# .---------------- minute (0 - 59)
# |  .------------- hour (0 - 23)
# |  |  .---------- day of month (1 - 31)
# |  |  |  .------- month (1 - 12) OR jan,feb,mar,apr ...
# |  |  |  |  .---- day of week (0 - 6) (Sunday=0 or 7) OR sun,mon,tue,wed,thu,fri,sat
# |  |  |  |  |
# *  *  *  *  * user-name command to be executed
17 *	* * *	root	cd / && run-parts --report /etc/cron.hourly
25 6	* * *	root	test -x /usr/sbin/anacron || { cd / && run-parts --report /etc/cron.daily; }
*/5 *	* * *	shop	/srv/shop/bin/poll
"""


def place(me: str = "shop", root: str = ROOT) -> Place:
    """A machine with a few folders, files and users."""
    return Place(root, FOLDERS.__contains__, FILES.__contains__, USERS.__contains__, me)


def gather(*files: tuple[str, str | bytes], kind: str = "", me: str = "shop", root: str = ROOT) -> Found:
    """What is found in files of these names with these texts, as `procman import` does it."""
    found = Found(place(me, root))
    for name, text in files:
        data = text if isinstance(text, bytes) else text.encode()
        known = kind or sources.recognise(name, data)
        assert known, f"{name} is not recognised"
        sources.importer(known).read(data, name, found.of(name))
    found.finish()
    checked.check(found)
    return found


def lost(found: Found) -> list[str]:
    """What was not carried over, as people read it."""
    return [str(each) for each in found.told()]


def procman_yml(found: Found) -> dict[str, Any]:
    """What is in the procman.yml that is written, as YAML reads it."""
    document: dict[str, Any] = yaml.safe_load(written.procman_yml(found)) or {}
    return document
