"""The caller's columns and the module's fields, tied together.

- `columns`: which column becomes which field
- `writable`: which fields may be written
- `find_by`: the field by which records are found
- `defaults`: values for empty cells
"""
