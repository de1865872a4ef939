"""`procman schema`: the JSON Schema of procman.yml, by which editors complete and check it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.cli import answers, sources
from procman.cli.amounts import count, count_or_none, seconds, size
from procman.cli.options import FALSE, ROOT, START, TRUE
from procman.core.config import fileschema, schemas
from procman.core.config.taskfile import MANY
from procman.core.config.yamltree import Mapping, Sequence

if TYPE_CHECKING:
    from procman.cli.options import Namespace, Option
    from procman.core.config.schemas import Schema

AMOUNTS: dict[object, Schema] = {
    seconds: {"type": ["number", "string", "null"]},
    count: schemas.whole(1),
    count_or_none: schemas.whole(0),
    size: schemas.SIZE,
}
"""By how a value is read."""


def run(options: Namespace) -> int:
    """Print it."""
    answers.say_json(whole())
    return 0


def whole() -> Schema:
    """Of the file, the options of `start` included."""
    words = sources.by_word(option for option in START if option is not ROOT and not option.only_typed)
    start: dict[str, Schema] = {}
    for word, (option, negative) in words.items():
        text = f"not: {option.help}" if negative else option.help
        for spelt in dict.fromkeys((word, word.replace("_", "-"))):
            start[spelt] = {"description": text, **_of_option(word, option)}
    return fileschema.of(start)


def _of_option(word: str, option: Option) -> Schema:
    if option.on is not None:
        texts = [*TRUE, *FALSE]
        pattern = "|".join("".join(f"[{letter.upper()}{letter}]" for letter in text) for text in texts)
        switch = {"type": "string", "pattern": f"^(?:{pattern})$"}
        return {"anyOf": [{"type": ["boolean", "null"]}, {"enum": [0, 1, *option.choices]}, switch]}
    if option.choices:
        return schemas.words(*option.choices)
    one = AMOUNTS.get(option.convert, schemas.TEXT)
    several = MANY.get(word, ())
    if Mapping in several:
        return {"anyOf": [one, {"type": "array", "items": one}, schemas.mapping(one)]}
    return schemas.one_or_list(one) if Sequence in several else one
