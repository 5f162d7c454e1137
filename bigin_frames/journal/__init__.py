"""The journal on disk: what was sent to Bigin.

- `journal`: runs, batches and moves, written and read
- `records`: what is stored about a run, a batch and a move
- `file`: the SQLite file: its format, locks and checksums
- `unreadable`: result files that could not be read, kept for a week
"""
