"""The modules of an organisation, and how `settings/modules` describes one.

Key names were recorded on a live trial organisation (Bigin v2 docs, module-meta, for the call).
"""

from __future__ import annotations

from typing import Any

# api name -> (singular, plural, reachable by API); order and labels as a live trial organisation lists them.
MODULES = {
    "Contacts": ("Contact", "Contacts", True),
    "Accounts": ("Company", "Companies", True),
    "Pipelines": ("Deal", "Pipelines", True),
    "Products": ("Product", "Products", True),
    "Tasks": ("Task", "Tasks", True),
    "Events": ("Event", "Events", True),
    "Calls": ("Call", "Calls", True),
    "Social": ("Social", "Social", False),
    "Notes": ("Note", "Notes", False),
    "Attachments": ("Attachment", "Attachments", False),
}
# Modules whose records the sandbox keeps. Bigin v1 docs, bulk-write/limitations, leave Tasks, Events and Calls out.
WRITABLE = ("Contacts", "Accounts", "Pipelines", "Products")


def describe_module(name: str, module_id: str, number: int) -> dict[str, Any]:
    """Return the module as `settings/modules` lists it."""
    singular, plural, supported = MODULES[name]
    return {
        "id": module_id,
        "api_name": name,
        "module_name": name,
        "singular_label": singular,
        "plural_label": plural,
        "actual_singular_label": singular,
        "actual_plural_label": plural,
        "api_supported": supported,
        "creatable": supported,
        "editable": supported,
        "deletable": supported,
        "viewable": supported,
        "visible": supported,
        "show_as_tab": supported,
        "generated_type": "default",
        "sequence_number": number,
        "global_search_supported": supported,
        "modified_time": None,
        "modified_by": None,
        "profiles": [],
        "arguments": [],
        "parent_module": {},
        "web_link": None,
        "description": None,
    }
