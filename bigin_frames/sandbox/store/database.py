"""The SQLite connection that all threads share, with its statements, transactions and counters."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any


class Database:
    """One SQLite database, in memory or in a file; every method may be called from any thread."""

    def __init__(self, path: str | None) -> None:
        self.lock = threading.RLock()
        self._connection = sqlite3.connect(path or ":memory:", check_same_thread=False, isolation_level=None)

    def close(self) -> None:
        """Close the database."""
        with self.lock:
            self._connection.close()

    def script(self, statements: str) -> None:
        """Run several statements."""
        self._connection.executescript(statements)

    def all(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """Return all rows of a query."""
        with self.lock:
            return self._connection.execute(sql, values).fetchall()

    def run(self, sql: str, values: Sequence[Any] = ()) -> None:
        """Run one statement."""
        with self.lock:
            self._connection.execute(sql, values)

    def many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run one statement for each row of values."""
        with self.lock:
            self._connection.executemany(sql, rows)

    def count(self, name: str, number: int) -> int:
        """Add to a counter and return its sum."""
        with self.lock:
            self.run("update counter set value = value + ? where name = ?", (number, name))
            return int(self.all("select value from counter where name = ?", (name,))[0][0])

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make all statements of the block take effect together, or none of them."""
        with self.lock:
            self._connection.execute("begin immediate")
            try:
                yield
            except BaseException:
                self._connection.execute("rollback")
                raise
            self._connection.execute("commit")
