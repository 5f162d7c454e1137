"""The calls that describe the organisation: itself, its modules, fields and layouts."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Request, Response

from bigin_frames.sandbox.metadata.fields import describe_field
from bigin_frames.sandbox.metadata.layouts import describe_layout
from bigin_frames.sandbox.metadata.modules import MODULES, describe_module
from bigin_frames.sandbox.organisation.org import Org
from bigin_frames.sandbox.server.answers import Refusal, json_response, no_content
from bigin_frames.sandbox.verdicts.dates import ORG_ZONE_NAME


def show_organisation(org: Org, request: Request) -> Response:
    """Answer `GET /bigin/v2/org` (Bigin v2 docs, get-org-data)."""
    facts, owner = org.store.org, org.store.users()[0]
    body = {
        "id": facts["id"],
        "zgid": facts["zgid"],
        "domain_name": f"org{facts['zgid']}",
        "company_name": "Sandbox",
        "time_zone": ORG_ZONE_NAME,
        "currency": "US Dollar - USD",
        "currency_symbol": "$",
        "currency_locale": "USD",
        "iso_code": "USD",
        "country_code": "US",
        "primary_zuid": owner.id,
        "primary_email": owner.email,
        "mc_status": False,
        "deletable_org_account": True,
        "license_details": {
            "paid": False,
            "paid_type": "free",
            "paid_expiry": None,
            "trial_type": "biginpremier",
            "trial_expiry": None,
            "users_license_purchased": len(org.store.users()),
            "portal_users_license_purchased": 0,
        },
    }
    return json_response({"org": [body]})


def list_modules(org: Org, request: Request) -> Response:
    """Answer `GET /bigin/v2/settings/modules`."""
    ids = org.store.module_ids()
    return json_response({"modules": [describe_module(name, ids[name], n) for n, name in enumerate(MODULES, 1)]})


def show_module(org: Org, request: Request, name: str) -> Response:
    """Answer `GET /bigin/v2/settings/modules/{name}`."""
    if name not in MODULES:
        raise Refusal("INVALID_MODULE")
    number = list(MODULES).index(name) + 1
    return json_response({"modules": [describe_module(name, org.store.module_ids()[name], number)]})


def list_fields(org: Org, request: Request) -> Response:
    """Answer `GET /bigin/v2/settings/fields?module=`."""
    described = _described(org, _module_asked(request))
    return json_response({"fields": described}) if described else no_content()


def list_layouts(org: Org, request: Request, layout_id: str | None = None) -> Response:
    """Answer `GET /bigin/v2/settings/layouts?module=` and `.../layouts/{id}?module=` (CRM OpenAPI, layouts).

    In Pipelines a layout is a team pipeline; an id that the module does not have is 204.
    """
    module = _module_asked(request)
    found = org.store.layouts(module)
    if layout_id is not None:
        found = {layout_id: found[layout_id]} if layout_id in found else {}
    described = _described(org, module)
    mandatory = {name for name, (_, field) in org.store.fields(module).items() if field.mandatory}
    maps = org.behaviour.stage_maps
    shown = [describe_layout(layout, described, mandatory, stage_maps=maps) for layout in found.values()]
    return json_response({"layouts": shown}) if shown else no_content()


def _module_asked(request: Request) -> str:
    module = request.args.get("module")
    if not module:
        raise Refusal("REQUIRED_PARAM_MISSING", details={"param": "module"})
    if module not in MODULES:
        raise Refusal("INVALID_MODULE")
    return module


def _described(org: Org, module: str) -> list[dict[str, Any]]:
    ids = org.store.module_ids()
    fields = org.store.fields(module)
    return [describe_field(module, field, field_id, ids) for field_id, field in fields.values()]
