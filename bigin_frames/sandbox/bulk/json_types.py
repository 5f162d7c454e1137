"""The JSON types of a create-job request, checked before it is read (Bigin v2 docs, bulk-write/create-job)."""

from __future__ import annotations

from typing import Any

from bigin_frames.sandbox.server.answers import Refusal

# A dict lists keys, a list has the shape of its items, a tuple the types that are allowed; null counts as absent.
ANY = (object,)
CALLBACK = {"url": (str,), "method": (str,)}
MAPPING = {
    "api_name": (str,),
    "index": ANY,  # has a refusal of its own
    "find_by": (str,),
    "format": (str,),
    "module": ANY,
    "default_value": {"value": ANY},
}
RESOURCE = {
    "type": (str,),
    "module": ANY,  # an object, or its name alone
    "file_id": (str, int),
    "file_names": [(str,)],
    "ignore_empty": (bool,),
    "find_by": (str,),
    "field_mappings": [MAPPING],
}
REQUEST = {
    "operation": (str,),
    "character_encoding": (str,),
    "ignore_empty": (bool,),
    "callback": CALLBACK,
    "callBack": CALLBACK,
    "resource": [RESOURCE],
}
NAMES = {dict: "jsonobject", list: "jsonarray", str: "string", int: "integer", bool: "boolean"}


def check_types(value: Any, shape: Any = REQUEST, path: str = "$") -> None:
    """Raise `Refusal` at the first value whose JSON type is not the documented one."""
    if value is None:
        return
    types = shape if isinstance(shape, tuple) else (type(shape),)
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types and object not in types):
        expected = NAMES[types[0]]
        raise Refusal("INVALID_DATA", details={"json_path": path, "expected_data_type": expected})
    if isinstance(shape, dict):
        for key, inner in shape.items():
            check_types(value.get(key), inner, f"{path}.{key}")
    elif isinstance(shape, list):
        for number, item in enumerate(value):
            if item is None:
                raise Refusal("INVALID_DATA", details={"json_path": f"{path}[{number}]"})
            check_types(item, shape[0], f"{path}[{number}]")
