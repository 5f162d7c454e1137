"""The zip with one CSV that a client uploads, and the one that it downloads.

- `sheets`: reads an uploaded zip into header and rows
- `archives`: writes, opens and edits a zip with a CSV
"""
