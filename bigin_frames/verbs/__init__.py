"""The functions behind ``df.bigin``: each method of the accessor is one of them with the frame first.

- `writing`: insert, update, upsert, submit, retry
- `previewing`: plan, check, clean, validate, schema
- `results`: failed, ids, errors, summary, plot
"""

from bigin_frames.verbs.previewing import check, clean, plan, schema, validate
from bigin_frames.verbs.results import errors, failed, ids, plot, summary
from bigin_frames.verbs.writing import insert, retry, submit, update, upsert

__all__ = [
    "check",
    "clean",
    "errors",
    "failed",
    "ids",
    "insert",
    "plan",
    "plot",
    "retry",
    "schema",
    "submit",
    "summary",
    "update",
    "upsert",
    "validate",
]
