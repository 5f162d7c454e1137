"""Name the OAuth scopes that this library uses, each with what it is for: the "Scope" part of each call's page."""

from __future__ import annotations

from typing import Final

SCOPES: Final[dict[str, str]] = {
    "ZohoBigin.bulk.CREATE": "jobs",
    "ZohoBigin.modules.ALL": "records, which jobs write and unclear results are read back from",
    "ZohoBigin.settings.modules.READ": "the list of modules",
    "ZohoBigin.settings.fields.READ": "fields, by which rows are checked before they leave",
    "ZohoBigin.settings.layouts.READ": "pipelines, by which deals are checked",
    "ZohoBigin.org.READ": "the organisation, its number and its time zone",
    "ZohoFiles.files.ALL": "uploads",
    "ZohoBigin.coql.READ": "run.reconcile() and row_key",
}
