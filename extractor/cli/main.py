"""The command line. Exit codes: 0 ok, 1 some notes failed, 2 wrong use, 3 tables or model not valid.

130 and 143: stopped by Ctrl-C or SIGTERM.
"""

from __future__ import annotations

import io
import sys
import traceback
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

from extractor.cli import audit, codes, corpus, explain, extract, following, report, review, rules, score, screen, train
from extractor.cli.stopping import CTRL_C, StoppedError
from extractor.errors import KnowledgeError, ModelError, OpnoteError, UsageError
from extractor.version import __version__

NOTE_FAILED, WRONG_USE, NOT_VALID = 1, 2, 3

app = typer.Typer(
    help="Read spine operative notes: laminectomy code families, codes, and the words each one rests on.",
    epilog="Exit codes: 0 ok, 1 some notes failed, 2 wrong use, 3 tables or model not valid, "
    "130 stopped by Ctrl-C, 143 by SIGTERM.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command()(extract.extract)
app.command()(explain.explain)
app.command()(audit.audit)
app.command()(report.report)
app.command()(codes.codes)
app.command()(score.score)
app.command()(train.train)
app.add_typer(rules.app, name="rules")
app.add_typer(corpus.app, name="corpus")
review.app.command("next")(following.following)
app.add_typer(review.app, name="review")


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"opnote {__version__}")
        raise typer.Exit


@app.callback()
def _opnote(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    pass


def main() -> int:
    """Run a command. Every error is one line on stderr and never a traceback, whose values may hold note text."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a name that the terminal cannot show is shown otherwise
    try:
        code: int = app(standalone_mode=False) or 0
        if code == CTRL_C:  # what Typer makes of it
            screen.warn("opnote: stopped by Ctrl-C before the end")
        return code
    except OpnoteError as error:
        screen.warn(f"opnote: {error}")
        return _exit_code(error)
    except TyperException as error:
        if message := error.format_message():  # without a command there is help, and nothing more to say
            screen.warn(f"opnote: {message}")
        return WRONG_USE
    except Exception as error:
        screen.warn(f"opnote: unforeseen {type(error).__name__} at {_place(error)}; please report it, without any note")
        return NOTE_FAILED


def _exit_code(error: OpnoteError) -> int:
    if isinstance(error, StoppedError):
        return error.code
    if isinstance(error, KnowledgeError | ModelError):
        return NOT_VALID
    return WRONG_USE if isinstance(error, UsageError) else NOTE_FAILED


def _place(error: Exception) -> str:
    """The innermost line of this package that the error came through."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "extractor" in Path(frame.filename).parts]
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "an unknown place"
