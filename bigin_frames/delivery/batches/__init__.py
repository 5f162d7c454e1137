"""A batch: the rows of one job, its states, and what the batches of a run share.

- `states`: the states, and which can follow which
- `task`: what a run writes, and where to
- `batch`: the rows of one job, and their state
- `gates`: locks and signals shared by the batches of a run
- `reasons`: codes in `Error` of rows for which Bigin gave no result
"""
