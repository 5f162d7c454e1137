"""The documented limits of Bigin's API, each with the page it comes from.

"Bigin v1/v2" are the pages below ``bigin.com/developer/docs/apis`` and ``zoho.com/bigin/developer/docs/apis``;
"CRM v7" the pages below ``zoho.com/crm/developer/docs/api/v7``, the same engine under another name.
Where a page can be read in two ways, the value that is safe in both is used, and the comment says so.
"""

from __future__ import annotations

from typing import Final

# Bulk write: Bigin v1, bulk-write/limitations. The page does not say whether the 25 MB are measured zipped or
# unzipped, nor whether MB is 10**6 or 2**20: the CSV itself is kept under 25 * 10**6 bytes, which is safe in each case.
# "25,000 records" is assumed not to count the header: one row fewer would cost people who split their frames at the
# documented limit a second job, 500 credits, for each. If a header counts after all, such a job fails as a whole and
# its rows are UNKNOWN; max_rows_per_job=24_999 fixes that.
MAX_ROWS_PER_JOB: Final = 25_000
MAX_COLUMNS_PER_JOB: Final = 200
MAX_CSV_BYTES: Final = 25_000_000
# "The first three mapped columns from the uploaded file": Bigin v1, bulk-write/download-result.
ECHOED_COLUMNS: Final = 3

# Credits: Bigin v1, api-limits. Every other call costs one.
CREDITS_PER_JOB: Final = 500
RECORDS_PER_CREDIT: Final = 10  # insert, update and upsert of the Records API

# Ours: what a job costs including the calls around it: an upload, a download, up to ten that read records back, and
# the polls of eighteen minutes, in the end two per minute; a job that takes longer costs more than this.
JOB_PRICE: Final = CREDITS_PER_JOB + 50

# What an org may spend in any 24 hours, counted from each call: Bigin v1, api-limits. "Paid" is Express, Premier and
# Zoho One; each user licence adds to it, up to the maximum.
CREDIT_WINDOW_S: Final = 24 * 3600
CREDITS_PER_DAY_FREE: Final = 5_000
CREDITS_PER_DAY_PAID: Final = 50_000
CREDITS_PER_DAY_AND_USER: Final = 250
MAX_CREDITS_PER_DAY: Final = 100_000

# Concurrent calls of one org and app: Bigin v1, api-limits; CRM v8, api-limits.
CALLS_AT_ONCE_FREE: Final = 5
CALLS_AT_ONCE_PAID: Final = 10

# Records: CRM v7, get-records (ids and fields of one call), Bigin v2, insert-records.
MAX_IDS_PER_CALL: Final = 100
MAX_FIELDS_PER_CALL: Final = 50

# Record, job and file ids are digits, 18 or 19 of them in every sample; they do not fit a float.
MAX_ID_DIGITS: Final = 19

# OAuth: CRM v8, token-validity; Bigin v2, refresh. Both counts are per refresh token; one token too many
# invalidates the oldest.
TOKEN_LIFE_S: Final = 3600
TOKENS_PER_WINDOW: Final = 10
TOKEN_WINDOW_S: Final = 600
TOKENS_ALIVE: Final = 15
TOKEN_MARGIN_S: Final = 60  # ours: a token is renewed a minute before it expires

# The most we read of an answer; ours, none is documented.
MAX_JSON_BYTES: Final = 4 * 2**20
MAX_RESULT_ZIP_BYTES: Final = 64 * 2**20
MAX_RESULT_CSV_BYTES: Final = 128 * 2**20

# COQL: rows of one answer, and values of one "in" list that are known to work (Bigin v2, coql; a live client's 50).
MAX_QUERY_ROWS: Final = 200
MAX_QUERY_VALUES: Final = 50
