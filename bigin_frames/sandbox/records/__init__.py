"""The calls on single records: reading, querying and deleting them.

- `reading`: reads by id or in pages, and the JSON of a record
- `queries`: COQL queries, answered from the store
- `coql`: the query language
- `deleting`: deletions
"""
