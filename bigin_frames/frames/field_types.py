"""Types of fields, in groups that are treated the same way.

The names are those of ``data_type`` in Bigin's field metadata (Bigin v1, fields-meta).
"""

from __future__ import annotations

from typing import Final

TEXT_TYPES: Final = frozenset({"text", "textarea", "email", "phone", "website"})
# Numbers without decimals, and with them.
WHOLE_TYPES: Final = frozenset({"integer", "bigint"})
DECIMAL_TYPES: Final = frozenset({"double", "currency", "percent"})
# Another record, or a user.
LOOKUP_TYPES: Final = frozenset({"lookup", "ownerlookup"})
CHOICE_TYPES: Final = frozenset({"picklist", "multiselectpicklist"})
