"""Cells fixed where that is certain, with a log of every change.

- `clean`: clean a frame
- `columns`: clean one column and prove the result
- `fixes`: what each rule of cleaning does
- `dates`: dates and times that people write
"""
