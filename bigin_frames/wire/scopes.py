"""The OAuth scopes that this library uses, and what each is for: the "Scope" part of each call's page."""

from __future__ import annotations

from typing import Final

SCOPES: Final[dict[str, str]] = {
    "ZohoBigin.bulk.CREATE": "jobs",
    "ZohoBigin.modules.ALL": "records, written by jobs and read back when a result is unclear",
    "ZohoBigin.settings.modules.READ": "the list of modules",
    "ZohoBigin.settings.fields.READ": "fields, to check rows before they are sent",
    "ZohoBigin.settings.layouts.READ": "pipelines, to check deals",
    "ZohoBigin.org.READ": "the organisation, its number and its time zone",
    "ZohoFiles.files.ALL": "uploads",
    "ZohoBigin.coql.READ": "run.reconcile() and row_key",
}
