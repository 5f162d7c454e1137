"""Where the verdict on a row is decided: ADDED, UPDATED, SKIPPED or UNPROCESSED.

- `judge`: decides: a row goes in, a verdict comes out
- `verdict`: `Verdict`, and the text of the ERRORS column
- `cells`: the checks of single cells, one for each data type
- `dates`: the date formats of a mapping
- `findings`: what the checks of a row have found
- `places`: whether a deal fits its team pipeline
- `known`: the stored records that a row can match
"""
