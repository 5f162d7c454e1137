"""How this Bigin answers where the documentation of Bigin leaves it open.

- `switches`: `Behaviour`, a switch for each open question, with its default
- `questions`: each switch as a question, for the page
- `observed`: switches as a live organisation was seen to have them, read from a file
"""
