"""Keeps Schemathesis from taking away, or changing, the token that it shows: every answer after that would be a 401, which is documented,
and nothing more would be tested. Calls that would are sent about somebody who is not there; everybody else is fair game."""

from urllib.parse import unquote

import schemathesis

OWN_ID = 1  # the first start of a server creates it
OWN_NAMES = {"/api/v2/tokens/{key}": "admin", "/api/v2/access/{key}": "token:admin"}
NOBODY = "4711471147114711"


def is_own(path, key):
    text = unquote(str(key))
    if text.isascii() and text.isdigit():
        return int(text) == OWN_ID
    return text == OWN_NAMES[path]


@schemathesis.hook
def before_call(context, case, **kwargs):
    if case.path in OWN_NAMES and case.method.upper() in ("PATCH", "DELETE") and case.path_parameters:
        if is_own(case.path, case.path_parameters.get("key")):
            case.path_parameters["key"] = NOBODY
