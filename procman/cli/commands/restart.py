"""`procman restart`: processes of the running app, each with a new child when the old one is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.cli import apps, remote

if TYPE_CHECKING:
    from procman.cli.options import Namespace


def run(options: Namespace) -> int:
    """Restart what is named, one after the other with `--rolling`; back when the new children are ready."""
    more = {"rolling": True} if options.rolling else {}
    return remote.change(apps.root_of(options), "restart", options.names, options, **more)
