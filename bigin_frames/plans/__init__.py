"""What a write will do: its options, its preparation, its plan.

- `options`: the options of every verb, and their check
- `option_help`: what the help of a verb says about them
- `prepare`: make a plan of a frame and options
- `plan`: the plan (dry run)
- `tables`: the tables of a plan
- `saved_jobs`: the jobs of a plan as files
- `unwritten_rows`: warnings about rows that were not written
"""
