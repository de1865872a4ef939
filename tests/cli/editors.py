"""YAML as editors read it: version 1.2, in which `no` is a text and `022` is 22 (its chapter 10.3.2)."""

from __future__ import annotations

import re
from typing import Any

import yaml


class _Editor(yaml.SafeLoader):
    """PyYAML with the words of YAML 1.2; merge keys work, as editors have them."""


_Editor.yaml_implicit_resolvers = {}
for tag, words in {
    "bool": "true|True|TRUE|false|False|FALSE",
    "null": "~|null|Null|NULL|",
    "int": "[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+",
    "float": r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.nan",
    "merge": "<<",
}.items():
    _Editor.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{words})$"), None)


def _integer(loader: _Editor, node: yaml.ScalarNode) -> int:
    text = str(loader.construct_scalar(node))
    return int(text, 0) if text[:2] in ("0o", "0x") else int(text)


_Editor.add_constructor("tag:yaml.org,2002:int", _integer)


def read(text: str) -> Any:
    """The values of a document."""
    return yaml.load(text, Loader=_Editor)
