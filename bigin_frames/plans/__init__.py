"""What a write will do: its options, its preparation, its plan.

- `options`: the options of every verb, and their check
- `option_help`: what the help of a verb says about them
- `prepare`: from a frame and options to a plan
- `plan`: the plan
- `tables`: what it shows
- `saved`: its jobs as files
- `outcome`: warn of rows that were not written
"""
