"""What can go wrong on demand, and with which call.

- `fault`: `Fault`, with a constructor for each failure
- `script`: `Faults`, the list of failures to come
- `connections`: failures of the connection
- `job_fault`: failures of a job
- `damage`: damaged result archives
"""
