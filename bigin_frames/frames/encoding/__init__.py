"""Typed columns as the text that is sent, as CSV, and as a zip.

- `encode`: one column as wire text, and back
- `writers`: ids, numbers, truth values and choices
- `datetimes`: dates and times
- `written`: cells that have been written, and which could not be
- `refusals`: why a kind of cell does not fit a type of field
- `texts`: the mapped columns of a frame as wire text
- `pack`: wire text as CSV, and as a zip
- `digests`: keyed digests of rows
"""
