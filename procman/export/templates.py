"""Templates, filled in by Jinja2: procman's own, and the user's in their place."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from procman.errors import Problem, UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from procman.export.plan import Render

OWN = os.path.join(os.path.dirname(__file__), "templates")


def renderer(name: str, filters: Mapping[str, Callable[..., str]], folders: Sequence[str]) -> Render:
    """Fills in templates of a format: the first of that name in `folders`, else procman's own.

    Those of another format are called by its name too, `crontab/crontab.j2`.

    What it is given escapes nothing by itself: the format's filters do, and a name that a template spells
    wrong is a mistake and not an empty text. Raises `UserError` for a template that Jinja2 cannot fill in.
    """
    import jinja2  # 60 ms that only an export waits for

    world = jinja2.Environment(
        loader=jinja2.FileSystemLoader([*folders, os.path.join(OWN, name), OWN]),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # these are no web pages: each format has its own way
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    world.filters.update(filters)

    def render(template: str, /, **values: Any) -> str:
        try:
            return world.get_template(template).render(**values)
        except jinja2.TemplateSyntaxError as error:
            raise _wrong(error.filename or template, error.lineno, error) from None
        except (jinja2.TemplateError, TypeError) as error:
            raise _wrong(_file(world, template), None, error) from None

    return render


def _file(world: Any, template: str) -> str:
    """Where a template was found."""
    return str(world.get_template(template).filename or template)


def _wrong(source: str, line: int | None, error: Exception) -> UserError:
    shown = os.path.relpath(source) if os.path.isabs(source) else source
    return UserError([Problem(shown, line, f"the template cannot be filled in: {error}")])
