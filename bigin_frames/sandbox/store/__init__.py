"""What outlives a call, in one SQLite database.

- `store`: `Store`: organisation, metadata, records, files and jobs
- `ledger`: accepted jobs and the outcome of each row, for tests to compare with
- `records`: how verdicts change the stored records
- `tables`: the tables, and the facts of a new organisation
- `database`: the connection that all threads share
"""
