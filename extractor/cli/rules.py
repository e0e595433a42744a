"""``opnote rules``: are the tables valid, and what does one rule say."""

from __future__ import annotations

import dataclasses
import difflib
from typing import Annotated

import typer

from extractor import knowledge
from extractor.cli import screen
from extractor.errors import KnowledgeError, UsageError

app = typer.Typer(help="Check the tables, or show one rule.", no_args_is_help=True)

RuleId = Annotated[str, typer.Argument(help="The id of a rule, as in results.", metavar="ID")]


@app.command()
def check() -> None:
    """Load every table and run every rule's own proofs. Ends with exit code 3 when something is wrong."""
    if problems := knowledge.check():
        raise KnowledgeError(problems)
    tables = knowledge.load()
    screen.stdout().print(f"{len(tables.by_id)} rules and {len(tables.codebook.codes)} codes are valid")
    screen.stdout().print(f"knowledge {tables.version}")


@app.command()
def show(rule_id: RuleId) -> None:
    """Show what a rule says: its table, its words, its proofs."""
    tables = knowledge.load()
    try:
        rule = tables.rule(rule_id)
    except KeyError:
        raise UsageError(f"no rule has the id {rule_id!r}{_alike(rule_id, list(tables.by_id))}") from None
    for field in dataclasses.fields(rule):
        if value := getattr(rule, field.name):
            screen.stdout().print(f"{field.name:<12} {_shown(value)}", soft_wrap=True)


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return f"\n{'':<13}".join(map(str, value))
    return str(value)


def _alike(rule_id: str, ids: list[str]) -> str:
    alike = difflib.get_close_matches(rule_id, ids)
    return f"; ids like it are {', '.join(alike)}" if alike else ""
