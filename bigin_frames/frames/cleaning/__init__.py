"""The cleaning of cells where the fix is certain, with a log of every change.

- `clean`: clean a frame
- `columns`: clean one column and check the result
- `fixes`: what each cleaning rule does
- `dates`: dates and times that people write
"""
