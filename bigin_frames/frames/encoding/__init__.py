"""Typed columns as the text that is sent, as CSV and as a zip.

- `encode`: one column as wire text, and back
- `writers`: text, ids, numbers, booleans and choices
- `datetimes`: dates and times
- `written_cells`: what a writer returns: the text, and the cells that it refused
- `unfit_kinds`: why a kind of cell does not fit a type of field
- `texts`: the mapped columns of a frame as wire text
- `csv_zip`: wire text as CSV, and as a zip
- `digests`: keyed digests of rows
"""
