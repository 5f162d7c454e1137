"""The mapping of the caller's columns to the module's fields.

- `columns`: which column becomes which field
- `writable`: which fields may be written
- `find_by`: the field by which records are found
- `defaults`: values for empty cells
"""
