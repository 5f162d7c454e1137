"""Every problem of every row, before anything is sent.

- `check`: check a frame by its module's rules
- `coerce`: a frame in the types of its fields
- `keys`: rows that share a key
- `pipelines`: deals, checked against the pipeline that each names
- `own_schema`: a pandera schema of the caller's
- `module_schema`: the module's rules as a pandera schema
- `checks`: the rules as registered checks of pandera
- `findings`: problems and their reasons, counted
- `report`: the validation report
- `report_tables`: its tables
- `failures`: its table with cells
"""
