"""The wire format of Bigin's API, without I/O: requests and answers as values; standard library only.

- `hosts`: data centres, and which hosts may be trusted
- `message`: requests and responses
- `build`: requests of each call
- `answer`: answers: strict JSON, and errors that Bigin reports
- `parse`: what each call returns
- `token`: access tokens
- `scopes`: the OAuth scopes that are needed
- `retry`: which calls are repeated after which failure
- `unzip`: the CSV in a zip from the network
- `result`: a result file
- `reasons`: the grammar of the ERRORS column
"""
