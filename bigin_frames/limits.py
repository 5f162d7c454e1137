"""Name every documented number of Bigin's API once, each with the page it comes from.

"Bigin v1/v2" are the pages below ``bigin.com/developer/docs/apis`` and ``zoho.com/bigin/developer/docs/apis``;
"CRM v7" the pages below ``zoho.com/crm/developer/docs/api/v7``, the same engine under another name.
Where two readings of a page are possible, the one that is safe under both is taken and the comment says so.
"""

from __future__ import annotations

from typing import Final

# Bulk write: Bigin v1, bulk-write/limitations. The page does not say whether the 25 MB are measured zipped or
# unzipped, nor whether MB is 10**6 or 2**20: the CSV itself is kept under 25 * 10**6 bytes, which is safe under all.
# "25,000 records" is taken at its word, the header not counted: one row fewer would cost people who cut their frames
# at the documented limit a second job, 500 credits, for each. If a header counts after all, such a job fails whole and
# its rows are UNKNOWN; max_rows_per_job=24_999 mends that.
MAX_ROWS_PER_JOB: Final = 25_000
MAX_COLUMNS_PER_JOB: Final = 200
MAX_CSV_BYTES: Final = 25_000_000
# "The first three mapped columns from the uploaded file": Bigin v1, bulk-write/download-result.
ECHOED_COLUMNS: Final = 3

# Credits: Bigin v1, api-limits. Every other call costs one.
CREDITS_PER_JOB: Final = 500
RECORDS_PER_CREDIT: Final = 10  # insert, update and upsert of the Records API

# Ours: what a job costs with the calls around it. They are an upload, a download, ten at most that read records back,
# and the polls of eighteen minutes, two a minute in the end; a job that takes longer spends more than it is counted.
JOB_PRICE: Final = CREDITS_PER_JOB + 50

# What an org may spend in any 24 hours, counted from each call on: Bigin v1, api-limits. "Paid" is Express, Premier and
# Zoho One; each user licence adds to it, up to the maximum.
CREDIT_WINDOW_S: Final = 24 * 3600
CREDITS_PER_DAY_FREE: Final = 5_000
CREDITS_PER_DAY_PAID: Final = 50_000
CREDITS_PER_DAY_AND_USER: Final = 250
MAX_CREDITS_PER_DAY: Final = 100_000

# Calls under way at once, of one org and app: Bigin v1, api-limits; CRM v8, api-limits.
CALLS_AT_ONCE_FREE: Final = 5
CALLS_AT_ONCE_PAID: Final = 10

# Records: CRM v7, get-records (ids and fields of one call), Bigin v2, insert-records.
MAX_IDS_PER_CALL: Final = 100
MAX_FIELDS_PER_CALL: Final = 50

# Record, job and file ids are digits, 18 or 19 of them in every sample; they do not fit a float.
MAX_ID_DIGITS: Final = 19

# OAuth: CRM v8, token-validity; Bigin v2, refresh. Both counts are of one refresh token; one alive too many ends the
# oldest.
TOKEN_LIFE_S: Final = 3600
TOKENS_PER_WINDOW: Final = 10
TOKEN_WINDOW_S: Final = 600
TOKENS_ALIVE: Final = 15
TOKEN_MARGIN_S: Final = 60  # ours: a token is renewed a minute before it dies

# What we accept from a server before we stop reading; ours, none is documented.
MAX_JSON_BYTES: Final = 4 * 2**20
MAX_RESULT_ZIP_BYTES: Final = 64 * 2**20
MAX_RESULT_CSV_BYTES: Final = 128 * 2**20

# COQL: rows of one answer, and values of one "in" list that are known to be taken (Bigin v2, coql; a live client's 50).
MAX_QUERY_ROWS: Final = 200
MAX_QUERY_VALUES: Final = 50
