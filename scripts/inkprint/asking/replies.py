"""Every reply that was paid for, in one SQLite file: what is asked again is answered from here.

It is the ledger, too: what a run has spent is the sum over its replies. A reply is in the file before
anything else is done with it, so that a kill loses what was under way and nothing more.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from inkprint.asking.requests import Request, Stored

_TABLES = """
create table if not exists replies (
  key text, attempt integer, text text not null, stop text not null,
  input_tokens integer not null, output_tokens integer not null, dollars real not null,
  run text not null, task text not null, model text not null,
  characters integer not null, expected_words integer not null, made text not null,
  primary key (key, attempt)
) without rowid;
create index if not exists replies_of_run on replies (run);
create index if not exists replies_of_task on replies (model, task);
create table if not exists batches (
  number integer primary key, run text not null, host text not null, id text, requests integer not null,
  begun real not null, dollars real not null, probe text not null
);
"""
NO_FILE = Path(":memory:")  # what SQLite keeps nowhere: where nothing is to be written
LOCK_SECONDS = 60.0  # another run may be writing


class Paid(NamedTuple):
    """A reply on its way into the file."""

    key: str
    reply: Stored
    dollars: float
    task: str = ""  # "": of a batch, and nobody asks it any more
    characters: int = 0
    expected_words: int = 0

    @classmethod
    def of(cls, request: Request, key: str, reply: Stored, dollars: float) -> Paid:
        return cls(key, reply, dollars, request.task, request.characters, request.expected_words)


class Measured(NamedTuple):
    """What the replies to a task have been like."""

    replies: int
    tokens_a_character: float  # of what the model reads
    tokens_a_word: float  # of what it writes, a word that was expected


class Batch(NamedTuple):
    """A batch that was submitted, or was about to be: then it has no id yet."""

    number: int
    id: str | None
    requests: int
    begun: float  # seconds since 1970
    dollars: float  # the most that it can cost
    probe: str  # the key of one of its requests


class Replies:
    """The file, opened. For one thread. Close it, or use it in a `with`."""

    def __init__(self, path: Path, run: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._run = run
        self._file = sqlite3.connect(path, timeout=LOCK_SECONDS, isolation_level=None)
        self._file.executescript(_TABLES)

    def __enter__(self) -> Replies:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()

    def of(self, key: str) -> list[Stored]:
        """The replies to a request, in the order in which they came."""
        rows = self._file.execute(
            "select text, stop, input_tokens, output_tokens from replies where key = ? order by attempt",
            (key,),
        )
        return [Stored(*row) for row in rows]

    def keep(self, paid: Sequence[Paid], model: str, batch: int | None = None) -> None:
        """Write replies down, all or none; with a batch's number, that it is done as well."""
        made = time.strftime("%Y-%m-%dT%H:%M:%S%z")
        file = self._file
        with _transaction(file):
            for one in paid:
                reply = one.reply
                (attempt,) = file.execute("select count(*) from replies where key = ?", (one.key,)).fetchone()
                file.execute(
                    "insert into replies values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (one.key, attempt, reply.text, reply.stop, reply.input_tokens, reply.output_tokens,
                     one.dollars, self._run, one.task, model, one.characters, one.expected_words, made),
                )  # fmt: skip
            if batch is not None:
                file.execute("delete from batches where number = ?", (batch,))

    def spent(self, *tasks: str) -> float:
        """Dollars that this run has paid so far, in all its starts; of some tasks alone."""
        (dollars,) = self._file.execute(
            "select coalesce(sum(dollars), 0) from replies where run = ?"
            + (f" and task in ({', '.join('?' * len(tasks))})" if tasks else ""),
            (self._run, *tasks),
        ).fetchone()
        return dollars

    def measured(self, model: str, task: str) -> Measured | None:
        """What replies to a task by this model were like, in any run; None for none."""
        count, read, characters, written, words = self._file.execute(
            "select count(*), sum(input_tokens), sum(characters), sum(output_tokens), sum(expected_words)"
            " from replies where model = ? and task = ?",
            (model, task),
        ).fetchone()
        return Measured(count, read / characters, written / words) if count else None

    # -- batches ----------------------------------------------------------------------------------

    def begin_batch(self, host: str, requests: int, dollars: float, probe: str) -> int:
        """Write down that a batch is about to be submitted; returns its number here."""
        cursor = self._file.execute(
            "insert into batches (run, host, requests, begun, dollars, probe) values (?, ?, ?, ?, ?, ?)",
            (self._run, host, requests, time.time(), dollars, probe),
        )
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def batch_ids(self) -> set[str]:
        """Those of every run."""
        return {batch_id for (batch_id,) in self._file.execute("select id from batches where id is not null")}

    def name_batch(self, number: int, batch_id: str) -> None:
        self._file.execute("update batches set id = ? where number = ?", (batch_id, number))

    def forget_batch(self, number: int) -> None:
        """It never was, or its results are gone."""
        self._file.execute("delete from batches where number = ?", (number,))

    def batches(self, host: str) -> list[Batch]:
        """This run's batches whose results are not here yet."""
        rows = self._file.execute(
            "select number, id, requests, begun, dollars, probe from batches where run = ? and host = ?"
            " order by number",
            (self._run, host),
        )
        return [Batch(*row) for row in rows]


@contextlib.contextmanager
def _transaction(file: sqlite3.Connection) -> Iterator[None]:
    # Immediate: two runs wait for each other instead of failing at the first write.
    file.execute("begin immediate")
    try:
        yield
    except BaseException:
        file.execute("rollback")
        raise
    file.execute("commit")
