"""A batch: the rows of one job, its states, and what the batches of a run share.

- `states`: the states, and which may follow which
- `task`: what a run writes, and where to
- `batch`: the rows of one job, and how far they have come
- `gates`: locks and signals that the batches of a run share
- `reasons`: the words of `Error` for rows without a result of Bigin's
"""
