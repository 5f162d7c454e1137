"""What Bigin says, as values: standard library only, no I/O.

- `hosts`: data centres, and which hosts may be trusted
- `message`: requests and responses
- `build`: requests of each call
- `answer`: answers: JSON read with care, refusals as errors
- `parse`: what each call returns
- `token`: access tokens
- `scopes`: the OAuth scopes that are needed
- `retry`: which calls are repeated after which failure
- `unzip`: the CSV of a zip from outside
- `result`: a result file
- `reasons`: the grammar of the ERRORS column
"""
