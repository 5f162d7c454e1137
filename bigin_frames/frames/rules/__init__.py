"""Rules of a field: whole columns of wire text are tested at a time.

- `rule`: what a rule is
- `for_field`: which rules a field has
- `texts`: lengths, and text that a spreadsheet would run
- `addresses`: mail and web addresses
- `phone`: phone numbers
- `numbers`: digits and decimals
- `choices`: picklists
"""
