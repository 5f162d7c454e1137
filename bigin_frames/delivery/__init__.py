"""One write, from the first note in the journal to the verdicts, even across crashes.

- `terms`: the options of a delivery
- `begin`: begin a run, or find the unfinished one with the same content
- `delivered_before`: rows that an earlier insert has sent
- `run`: the handle of a run
- `threads`: the threads of a run
- `stages`: the stages of a run's jobs, for display
- `credits`: wait for the credits of the day
- `run_spec`: how a run writes, as the journal stores it
- `reopen`: batches loaded from the journal
- `resume`: resume a run, or open one that has ended
- `history`: list runs and delete old ones
- `proven_records`: whether a row created a record in Bigin
- `reconcile`: look UNKNOWN rows up, or resolve them by hand

`batches` has the states of a batch, `bulk` the steps of a bulk write job.
"""
