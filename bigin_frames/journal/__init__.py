"""What was handed over to Bigin, on disk.

- `journal`: runs, batches and moves, written and asked for
- `records`: what is kept of a run, a batch and a move
- `file`: the SQLite file: its form, locks and seals
- `unreadable`: result files that could not be read, kept for a week
"""
