"""Readers beside PyYAML, which wrote the files: Go's, which is in kubectl; the schemas of Kubernetes; and
podman-compose. None of them asks a server."""

from __future__ import annotations

import importlib
import json
import os
import re
import shutil
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest
import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

EXAMPLES = int(os.environ.get("PROCMAN_EXAMPLES", "200"))
BATCH = 50
NEEDS_KUBECTL = pytest.mark.skipif(shutil.which("kubectl") is None, reason="needs kubectl")
SCHEMAS = importlib.import_module("kubernetes_validate.utils")
KNOWN = SCHEMAS.all_versions()
VERSIONS = [KNOWN[0], KNOWN[len(KNOWN) // 2], KNOWN[-1]]
"""CronJobs have a time zone since 1.25."""
_schema = lru_cache(SCHEMAS.schema_contents)
PODMAN = importlib.import_module("podman_compose")
_interpolated = PODMAN.var_interpolate
_folder = tempfile.TemporaryDirectory()
PROFILES = re.compile(r"^    profiles: \['?([^\]']*)", re.MULTILINE)


def by_kubectl(manifests: str) -> list[Any]:
    """The objects of a file as kubectl decodes them (sigs.k8s.io/yaml)."""
    words = ["kubectl", "label", "--local", "--dry-run=client", "--filename=-", "--output=json", "read=yes"]
    done = subprocess.run(words, input=manifests.encode(), capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return [*_objects(done.stdout.decode())]


def _objects(text: str) -> Any:
    decoder, position = json.JSONDecoder(), 0
    while text[position:].strip():
        found, position = decoder.raw_decode(text, position + text[position:].index("{"))
        yield found


def validate(document: dict[str, Any]) -> None:
    """That an object is valid in three versions, and has no key that there is not.

    The validator reads its schemas anew for each object.
    """
    with mock.patch.object(SCHEMAS, "schema_contents", _schema):
        for version in VERSIONS:
            SCHEMAS.validate(document, version, strict=True)


def by_podman_compose(text: str, known: Mapping[str, str]) -> dict[str, Any]:
    """What `podman-compose config` prints of a file, all profiles included; `known` is its environment."""
    path = Path(_folder.name) / "compose.yml"
    path.write_text(text)
    words = ["--file", str(path), *(f"--profile={each}" for each in PROFILES.findall(text)), "config"]
    with (
        mock.patch.object(PODMAN, "var_interpolate", _interpolate),
        mock.patch.dict(os.environ, known, clear=True),
    ):
        PODMAN.podman_compose._parse_args(words)
        PODMAN.podman_compose._parse_compose_file()
    read: dict[str, Any] = yaml.safe_load(PODMAN.podman_compose.merged_yaml)
    return read


def _interpolate(value: str, known: dict[str, str]) -> str:
    """It makes classes of its own for each text, which takes 7 ms: so not for those that have no variable."""
    return str(_interpolated(value, known)) if "$" in value else value
