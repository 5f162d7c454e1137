"""The journal on disk: what was sent to Bigin.

- `journal`: runs, batches and moves, written and read
- `entries`: what is stored about a run, a batch and a move
- `database`: the SQLite file: its format, locks and checksums
- `unreadable_results`: result files that could not be read, kept for a week
"""
