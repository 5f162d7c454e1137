"""Rows as data: a DataFrame in, a DataFrame or bytes out; no network, no clock, no environment, no disk.

- `field_types`: types of fields, in groups
- `cell_kinds`: kinds of cells in a column, whatever its dtype
- `text_bytes`: texts of a column as bytes
- `column_places`: where the columns of a frame are

`encoding` turns columns into wire text, `rules` tests it, `mapping` maps columns to fields, `checking` finds problems,
`cleaning` fixes what is certain, and `merging` pairs result lines with rows.
"""
