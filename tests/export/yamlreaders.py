"""Readers of YAML beside the one that wrote it: Go's, which is in kubectl; it asks no server for this."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from typing import Any

import pytest

EXAMPLES = int(os.environ.get("PROCMAN_EXAMPLES", "200"))
BATCH = 50
NEEDS_KUBECTL = pytest.mark.skipif(shutil.which("kubectl") is None, reason="needs kubectl")


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
