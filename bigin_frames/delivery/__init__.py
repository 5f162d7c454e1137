"""One write, from the intent to its verdicts, whatever dies.

- `terms`: what the caller asked of a delivery
- `begin`: write a new run down, or find the unfinished one with the same content
- `overlap`: rows that an earlier insert has handed over
- `run`: the handle that people hold
- `driver`: the threads of a run
- `stages`: where the jobs of a run are, for those who watch
- `credits`: wait for the credits of the day
- `spec`: how a run writes, as the journal keeps it
- `reopen`: batches brought back from the journal
- `resume`: resume a run, or open one that has ended
- `history`: list runs and delete old ones
- `proofs`: whether a record of Bigin's is the one that a row has made
- `reconcile`: look UNKNOWN rows up, or settle them by hand

`batches` has the states of a batch, `bulk` the steps of a bulk write job.
"""
