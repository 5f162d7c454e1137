"""The store's tables, and the facts of a new organisation."""

from __future__ import annotations

import secrets

TABLES = """
create table if not exists org (key text primary key, value text not null);
create table if not exists counter (name text primary key, value integer not null);
create table if not exists module (name text primary key, id text not null);
create table if not exists field (
    module text, position integer, name text, id text, definition text, primary key (module, name));
create table if not exists layout (id text primary key, module text, definition text);
create table if not exists user (id text primary key, name text, email text);
create table if not exists record (
    id text primary key, module text, cells text, vals text, created real, modified real);
create index if not exists record_module on record (module, id);
create table if not exists file (id text primary key, name text, body blob, created real, uses integer default 0);
create table if not exists job (id text primary key, created real, body text, state text, outcome text);
create table if not exists ledger_row (
    job text, ordinal integer, status text, record text, errors text, holder text, primary key (job, ordinal));
"""


def new_facts() -> dict[str, str]:
    """Return prefix, zgid and credentials of a new organisation; no two are alike."""
    return {
        "prefix": str(7_000_000 + secrets.randbelow(2_000_000)),
        "zgid": str(900_000_000 + secrets.randbelow(99_999_999)),
        "client_id": f"1000.{secrets.token_hex(15).upper()}",
        "client_secret": secrets.token_hex(21),
        "refresh_token": f"1000.{secrets.token_hex(16)}.{secrets.token_hex(16)}",
    }
