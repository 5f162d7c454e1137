"""The HTTP API: from a request to the call that answers it.

- `app`: logs a request, applies the scripted fault and calls the handler
- `routes`: which call is answered by what, with its scopes and credits
- `access`: the token, the scope and the credits that a call needs
- `sign_in`: the call for an access token
- `settings`: the calls that describe organisation, modules, fields and layouts
"""
