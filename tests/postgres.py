"""A PostgreSQL server for tests: a cluster of its own in a folder of its own, reached by a socket in that folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

USER, PASSWORD = "reader", "Brindlefitch7741993"
DEBIAN = Path("/usr/lib/postgresql")


def programs() -> Path | None:
    """The folder of ``initdb`` and ``pg_ctl``, the newest of Debian's where they are not on the PATH."""
    found = shutil.which("pg_ctl")
    folders = sorted(DEBIAN.glob("*/bin"), key=lambda folder: float(folder.parent.name), reverse=True)
    if found and (Path(found).resolve().parent / "initdb").exists():
        folders.insert(0, Path(found).resolve().parent)
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


@dataclass(frozen=True)
class Server:
    """A running server. ``folder`` holds its socket."""

    folder: Path

    @property
    def url(self) -> str:
        return f"postgresql://{USER}:{PASSWORD}@/postgres?host={self.folder}"

    def run(self, sql: str, rows: list[tuple[Any, ...]] | None = None) -> list[tuple[Any, ...]]:
        """Run a statement, or the same one for several rows, on a connection of its own."""
        about = {"host": str(self.folder), "user": USER, "password": PASSWORD, "dbname": "postgres"}
        with psycopg.connect(**about, autocommit=True) as connection, connection.cursor() as cursor:  # type: ignore[arg-type]
            if rows is not None:
                cursor.executemany(sql, rows)
                return []
            cursor.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []


@contextmanager
def started(folder: Path) -> Iterator[Server]:
    """A server that is gone at the end. It refuses to run as root, so root runs it as another user."""
    bin_folder = programs()
    assert bin_folder, "PostgreSQL is not installed"
    as_user = ["runuser", "-u", "nobody", "--"] if os.geteuid() == 0 else []
    with tempfile.TemporaryDirectory(prefix="opnote-pg-") as made:  # short, as the path of a socket must be
        home, data = Path(made), Path(made) / "data"
        (home / "password").write_text(PASSWORD)
        if as_user:
            for path in (home / "password", home):
                shutil.chown(path, "nobody")

        def run(program: str, *arguments: object) -> None:
            command = [*as_user, str(bin_folder / program), "-D", str(data), *map(str, arguments)]
            with (folder / "postgres.log").open("a") as log:  # not a pipe: the server would hold it open
                subprocess.run(command, stdout=log, stderr=log, cwd=home, check=True, timeout=120)

        setup = ("--auth=scram-sha-256", f"--username={USER}", f"--pwfile={home / 'password'}")
        run("initdb", *setup, "--encoding=UTF8", "--locale=C", "--no-sync")
        run("pg_ctl", "start", "-w", "-l", home / "log", "-o", f"-k {home} -c listen_addresses= -c fsync=off")
        try:
            yield Server(home)
        finally:
            run("pg_ctl", "stop", "-w", "-m", "immediate")
