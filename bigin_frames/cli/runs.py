"""The commands for the runs in this machine's journal: runs lists them, show shows one, resume resumes one."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from bigin_frames.cli.output import (
    CODES,
    DONE,
    PENDING,
    code_of,
    failed,
    folded,
    records,
    say,
    show_facts,
    show_json,
    show_table,
)
from bigin_frames.errors import OptionError
from bigin_frames.model import WRITTEN

if TYPE_CHECKING:
    import pandas as pd

    from bigin_frames.delivery.batches.batch import Batch
    from bigin_frames.journal.entries import RunRecord

Verdicts: TypeAlias = "Counter[tuple[str, str | None]]"  # how many rows have each status and reason

_RESUMED: Final = """\
Resume a run, and wait until every row has its verdict. FILE is the original
file, with the same rows in the same order. Nothing is sent twice; a run that
has ended sends nothing at all.
"""


def add(commands: Any) -> None:
    """Add ``runs``, ``show`` and ``resume``."""
    listed = commands.add_parser(
        "runs",
        help="list the runs recorded on this machine",
        description="List the runs recorded in this machine's journal, newest first. Does not call Bigin.",
        epilog="example: bigin-frames runs --json",
    )
    listed.set_defaults(run=_runs)
    shown = commands.add_parser(
        "show",
        help="show the jobs of a run, and what to do next",
        description="Show the jobs of a run, the statuses of its rows, and what to do next. Does not call Bigin.",
        epilog="example: bigin-frames show 3f2a",
    )
    shown.set_defaults(run=_show)
    resumed = commands.add_parser(
        "resume",
        help="resume a run",
        description=_RESUMED,
        epilog=f"example:\n  bigin-frames resume 3f2a people.csv --out written.csv\n\n{CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    resumed.set_defaults(run=_resume)
    for made in (shown, resumed):
        made.add_argument("id", metavar="RUN", help="run id, or a unique prefix of it (see `bigin-frames runs`)")
    for made in (listed, shown):
        made.add_argument("--json", action="store_true", help="print one JSON object")
    resumed.add_argument("file", metavar="FILE", nargs="?", help="the original file of the run")
    resumed.add_argument("--sheet", metavar="NAME", help="sheet of a spreadsheet (default: the first one)")
    resumed.add_argument("--out", metavar="FILE", help="file for the rows with ID, Status and Error")


# -- runs


def _runs(options: argparse.Namespace) -> int:
    from bigin_frames.delivery.history import runs

    known = runs()
    if options.json:
        show_json(runs=records(known.assign(begun_at=known["begun_at"].map(_iso))))
        return DONE
    if known.empty:
        print("No runs recorded on this machine.")
        return DONE
    shown = known.assign(begun_at=known["begun_at"].map(_minute)).drop(columns="org")
    names = ("Run", "Started (UTC)", "Module", "Operation", "Rows", "Jobs", "State")
    show_table(names, list(shown.itertuples(index=False, name=None)))
    return DONE


def _iso(moment: pd.Timestamp) -> str:
    return moment.isoformat(timespec="seconds")


def _minute(moment: pd.Timestamp) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


# -- show


def _show(options: argparse.Namespace) -> int:
    run, line, batches = _opened(options.id)
    counts = _counts(run, batches)
    facts = {**records(line)[0], "begun_at": _iso(line["begun_at"].iloc[0])}
    jobs = [_job(batch) for batch in batches]
    advice = _advice(run, facts["state"], {status for status, _ in counts})
    if options.json:
        verdicts = [{"status": status, "error": error, "rows": number} for (status, error), number in counts.items()]
        show_json(**{**facts, "jobs": jobs, "verdicts": verdicts, "next": advice})
        return DONE
    show_facts(
        [
            ("run", f"{run.id}, started {_minute(line['begun_at'].iloc[0])} UTC"),
            ("what", f"{run.operation}, {run.rows:,} rows, module {run.module}, organisation {run.org}"),
            ("state", facts["state"]),
        ]
    )
    print()
    _show_jobs(jobs)
    print()
    _show_counts(counts)
    print()
    print(folded(f"Next: {advice}"))
    return DONE


def _job(batch: Batch) -> dict[str, Any]:
    verdicts = batch.verdicts(moving=False)["Status"]
    return {
        "job": batch.number,
        "rows": len(batch.rows),
        "state": str(batch.state),
        "bigin_job": batch.job_id,
        "reason": batch.code,
        "statuses": dict(Counter(map(str, verdicts))),
    }


def _show_jobs(jobs: Iterable[Mapping[str, Any]]) -> None:
    rows = [
        (job["job"], job["rows"], job["state"], job["bigin_job"], _in_words(job["statuses"], job["reason"]))
        for job in jobs
    ]
    show_table(("Job", "Rows", "State", "Id in Bigin", "Rows are"), rows)


def _in_words(statuses: Mapping[str, int], reason: str | None) -> str:
    said = ", ".join(f"{number:,} {status}" for status, number in statuses.items())
    return f"{said} ({reason})" if reason else said


def _advice(run: RunRecord, state: str, statuses: Collection[str]) -> str:
    """Return what to do next, for each state that `history.runs` has."""
    if state == "unfinished" and (run.spec.get("part") is not None or run.spec["fills"]):
        return "run the same command or call again to resume, if no other process is running it."
    if state == "unfinished":
        return f"`bigin-frames resume {run.id} FILE`, with the original file, if no other process is running it."
    if state == "unknown" and run.spec["row_key"]:
        return f"`bigin-frames resume {run.id} FILE` sends the unknown rows again; their keys prevent duplicates."
    if state == "unknown":
        return (
            "find out which of the UNKNOWN rows are in Bigin: in Python, "
            f"`bf.resume({run.id!r}, df).reconcile()` looks them up. Until then none is sent again; see the page "
            "'UNKNOWN rows: what to do' of the documentation."
        )
    if not set(statuses) <= set(map(str, WRITTEN)):
        return "fix the rows that were not written (reasons above) in a separate file, and write that."
    return "nothing; all rows are written."


# -- resume


def _resume(options: argparse.Namespace) -> int:
    from bigin_frames.cli.writes import coded

    run, line, batches = _opened(options.id)
    if options.file is None:
        return _without_rows(run, line["state"].iloc[0], _counts(run, batches))
    return coded(lambda: _driven(run, options))


def _driven(run: RunRecord, options: argparse.Namespace) -> int:
    """Resume a run, wait for its end, print how its rows ended, and save them if there is an ``--out``."""
    from bigin_frames.cli import files, output_files
    from bigin_frames.delivery.resume import resume

    frame = files.read(options.file, options.sheet)
    if options.out and not output_files.is_file_name(options.out):
        raise OptionError("--out takes a file name here, such as written.csv.", option="out")
    out = output_files.refuse_unfit(frame, options.out) if options.out else None
    try:
        driven = resume(run.id, frame)
        if driven.status == "done":
            say(f"run {run.id} has already ended; nothing is sent")
        written = driven.wait()
    except KeyboardInterrupt:
        return failed("stopped; run the same command again to resume", PENDING)
    counts = _counted(written, run)
    _show_counts(counts)
    if out is not None:
        output_files.save(written, out)
    return _code(counts)


def _without_rows(run: RunRecord, state: str, counts: Verdicts) -> int:
    """Print the state of a run whose rows are not given: one that has ended needs none."""
    if state == "unfinished":
        say(f"run {run.id} is not finished. Next: {_advice(run, state, ())}")
    else:
        say(f"run {run.id} has ended; nothing is sent")
    _show_counts(counts)
    return PENDING if state == "unfinished" else _code(counts)


def _counted(written: pd.DataFrame, run: RunRecord) -> Verdicts:
    """Count the verdicts, keeping only the codes and field names of reasons."""
    from bigin_frames.frames.merging.returned import result_names
    from bigin_frames.wire.reasons import plain_errors

    _, status, error = (written[name] for name in result_names(written))
    fields = {column["field"][name] for column in run.spec["columns"] for name in ("api_name", "label")}
    reasons = [plain_errors(text, fields) if isinstance(text, str) else None for text in error]
    return Counter(zip(map(str, status), reasons, strict=True))


def _code(counts: Iterable[tuple[str, str | None]]) -> int:
    return code_of({status for status, _ in counts})


# -- shared by all of them


def _opened(prefix: str) -> tuple[RunRecord, pd.DataFrame, list[Batch]]:
    """Return the only run whose id has this prefix, its line of `history.runs`, and its batches.

    Raises
    ------
    OptionError
        If there is none or more than one.
    """
    from bigin_frames.client.settings import home
    from bigin_frames.delivery.history import runs
    from bigin_frames.delivery.reopen import batches_from
    from bigin_frames.journal.journal import Journal

    known = runs()
    found = known[known["run"].str.startswith(prefix.lower())] if prefix else known
    if len(found) != 1:
        many = f"{prefix!r} is the prefix of more than one run: {', '.join(found['run'].head(5))}."
        none = f"There is no run {prefix!r}; `bigin-frames runs` lists them."
        raise OptionError(many if len(found) else none, option="RUN")
    journal = Journal(home())
    run = journal.run(found["run"].iloc[0])
    if run is None:
        raise OptionError(f"Run {prefix!r} has just been deleted.", option="RUN")
    return run, found, batches_from(journal, run.id)


def _counts(run: RunRecord, batches: Iterable[Batch]) -> Verdicts:
    """Return how many rows of a run have each verdict, including rows that were rejected before sending."""
    from bigin_frames.delivery.reopen import decided_table

    tables = [decided_table(run.decided), *(batch.verdicts(moving=False) for batch in batches)]
    return sum((_counted(table, run) for table in tables), Counter())


def _show_counts(counts: Verdicts) -> None:
    show_table(("Status", "Error", "Rows"), [(*verdict, number) for verdict, number in counts.most_common()])
