"""One organisation while it is being served: what all calls share.

- `org`: `Org`: its store, tokens, behaviour, faults and logs
- `tokens`: access tokens, grant codes and scopes
- `log`: the requests and callbacks so far
"""
