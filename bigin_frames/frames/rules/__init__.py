"""Rules of a field: each tests a whole column of wire text at once.

- `rule`: what a rule is
- `for_field`: which rules a field has
- `texts`: lengths, and text that a spreadsheet would run
- `mail_and_web`: e-mail and web addresses
- `phone`: phone numbers
- `numbers`: digits and decimals
- `picklists`: picklists
"""
