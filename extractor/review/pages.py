"""Pages of HTML: the templates and assets of this package, and the one place that fills them in.

Everything that is filled in is escaped, and a name that a template misspells is an error.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from extractor.billing.rows import code_text


def render(template: str, **values: object) -> str:
    """A template filled in."""
    return _environment().get_template(template).render(**values)


def stream(template: str, **values: object) -> Iterator[str]:
    """A template filled in part by part, for a page too large to be held whole."""
    return _environment().get_template(template).generate(**values)


def asset(name: str) -> str:
    """A style sheet or a script, to be written into a page."""
    return (files("extractor.review") / "assets" / name).read_text(encoding="utf-8")


def exact(text: str) -> Markup:
    """Text whose characters a browser counts as we do: it would read a bare CR LF as one line feed."""
    return Markup(str(escape(text)).replace("\r", "&#13;"))  # noqa: S704  # escaped


def in_words(name: str) -> str:
    """A word of a closed list as people write it: ``gap_side`` is ``gap side``."""
    return name.replace("_", " ")


def _ids(names: Iterable[str]) -> str:
    return " ".join(names)


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("extractor.review"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(code_text=code_text, exact=exact, in_words=in_words, ids=_ids)
    return made
