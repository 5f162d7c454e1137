"""The socket, and the form that every answer has.

- `serving`: the HTTP server
- `address`: what it listens on, and under which names it can be opened
- `connection`: the socket of one request, for faults
- `answers`: Bigin's error codes, envelopes and headers
"""
