"""The check of every row for every problem, before anything is sent.

- `check`: check a frame by its module's rules
- `coerce`: a frame in the types of its fields
- `keys`: rows that share a key
- `pipelines`: deals, checked against the pipeline that each names
- `caller_schema`: the caller's own pandera schema
- `module_schema`: the module's rules as a pandera schema
- `pandera_checks`: the rules as registered checks of pandera
- `findings`: problems and their reasons, counted
- `report`: the validation report
- `report_tables`: its tables
- `failures`: its table of problems with cells
"""
