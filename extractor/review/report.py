"""The report: one page that holds everything, to be opened from a folder, without a network.

The page has the queue as rows of data, and the view of each note compressed beside it; a view is unpacked when its note
is opened, so that a page of thousands of notes opens as quickly as one of twenty.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from markupsafe import Markup

from extractor.billing.result import AuditResult
from extractor.knowledge import Knowledge
from extractor.result import NoteResult
from extractor.review.facets import facets, level_counts, values_of
from extractor.review.item import Item
from extractor.review.pages import asset, stream
from extractor.review.run import Run
from extractor.review.spine_picture import picture
from extractor.review.view import Viewer
from extractor.version import __version__
from extractor.writers.rows import code_text

_STYLES = ("note.css", "report.css")
_SCRIPTS = ("note.js", "report.js")


def report(
    run: Run,
    order: Sequence[Item],
    explained: Iterable[Item],
    tables: Knowledge,
    audits: Mapping[str, AuditResult] = MappingProxyType({}),
) -> Iterator[str]:
    """The page, part by part.

    order: the items of the run in the order of the queue. explained: the same with their reasoning, drawn one by one.
    audits: of notes that were billed, by their ids.
    """
    records = [item.record for item in order]
    style, script = (Markup("\n".join(map(asset, names))) for names in (_STYLES, _SCRIPTS))  # noqa: S704  # our own
    yield from stream(
        "report.html",
        style=style,
        script=script,
        policy=f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; base-uri 'none'; "
        "form-action 'none'",
        run=run,
        count=len(records),
        facets=facets(records, tables, audits),
        spine=picture(level_counts(records)),
        queue=_data([_row(record, audits.get(record.note_id)) for record in records]),
        views=_packed(explained, Viewer(tables), audits),
        version=__version__,
    )


def _row(record: NoteResult, audit: AuditResult | None) -> dict[str, Any]:
    """What the queue shows of a note, and what it is filtered by."""
    return {"id": record.note_id, "codes": [code_text(code) for code in record.codes], **values_of(record, audit)}


def _packed(items: Iterable[Item], viewer: Viewer, audits: Mapping[str, AuditResult]) -> Iterator[str]:
    """Each view as a stream of zlib, in base64."""
    for item in items:
        yield base64.b64encode(zlib.compress(viewer.html(item, audits.get(item.note_id)).encode(), 9)).decode()


def _data(rows: object) -> Markup:
    """JSON that ends no script element, whatever is in it."""
    plain = json.dumps(rows, separators=(",", ":"))
    return Markup(plain.replace("<", "\\u003c").replace("&", "\\u0026").replace(">", "\\u003e"))  # noqa: S704  # inert


def _hash(source: str) -> str:
    """How a policy names the one script, or style sheet, that it lets work."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"
