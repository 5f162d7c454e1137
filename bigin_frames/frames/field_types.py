"""Types of fields, in the groups that are treated alike."""

from __future__ import annotations

from typing import Final

TEXT_TYPES: Final = frozenset({"text", "textarea", "email", "phone", "website"})
WHOLE_TYPES: Final = frozenset({"integer", "bigint"})
DECIMAL_TYPES: Final = frozenset({"double", "currency", "percent"})
LOOKUP_TYPES: Final = frozenset({"lookup", "ownerlookup"})
CHOICE_TYPES: Final = frozenset({"picklist", "multiselectpicklist"})
