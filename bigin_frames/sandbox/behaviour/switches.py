"""The switches: one for each question about Bigin's behaviour that its documentation leaves open.

No public source says how a live Bigin answers here, so each field is a switch between readings. A default is the
reading with the best evidence, not a promise; a client has to work with all of them. Comments give the number of the
question in docs/open-questions.md, and where the evidence for the default comes from. Kaizen is Zoho's series of forum
posts for developers, "CRM OpenAPI" Zoho's published descriptions of the same calls in its CRM.
"""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from typing import Literal, get_type_hints

from bigin_frames.sandbox.behaviour.observed import read_observed

RowsListed = Literal[
    "in order", "reversed", "shuffled", "errors last", "skipped only", "drop some", "none"
]  # what the result file lists


@dataclass(frozen=True)
class Behaviour:
    """One choice for each open question; change it on a running sandbox with `dataclasses.replace`."""

    # --- Token: one hour, ten per refresh token in ten minutes, fifteen valid at once (CRM v8 docs, token-validity).
    token_life_s: float = 3600
    tokens_per_10_minutes: int | None = 10  # None: no limit. Above it: HTTP 200 and "Access Denied" (Kaizen 43)
    live_tokens: int | None = 15  # one more and the oldest expires
    token_error_status: int = 200  # errors of the token host come with HTTP 200; judge by access_token
    api_domain: str | None = None  # the API host in the token answer; None: the sandbox itself
    missing_auth: Literal["AUTHENTICATION_FAILURE", "INVALID_TOKEN"] = "AUTHENTICATION_FAILURE"  # which one is open
    daily_credits: int | None = None  # rolling 24 hours (Bigin v1 docs, api-limits); None: counted, never refused

    # --- Upload. Recorded answers show 200, the pages say 400 (question 21).
    upload_error_status: Literal[200, 400] = 200
    gateway_errors: bool = True  # a missing or bad X-CRM-ORG / feature header gets the gateway's body (CRM OpenAPI)
    size_measured: Literal["zipped", "unzipped"] = "zipped"  # question 22; the error text mentions the file's size
    megabyte: Literal[1_048_576, 1_000_000] = 1_048_576  # question 22
    file_life_s: float | None = None  # question 24: how long a file_id is valid; None: forever
    file_id_reuse: Literal["allowed", "INVALID_FILE_ID", "ALREADY_USED"] = "allowed"
    # question 24: a second job from one file_id; the vendor's client knows ALREADY_USED among the codes of these calls
    two_csvs: Literal["at creation", "failed job"] = "at creation"  # when a zip without exactly one CSV is refused

    # --- Create job.
    created_status: Literal[201, 200, 202] = 201  # CRM OpenAPI, two live clients
    missing_key_code: Literal["MANDATORY_NOT_FOUND", "MISSING_REQUIRED_KEY"] = "MANDATORY_NOT_FOUND"  # CRM v7 | OpenAPI
    module_as_string: Literal["accepted", "refused"] = "accepted"  # question 19: "module": "Contacts"
    many_resources: Literal["refused", "first only"] = "refused"  # question 20
    missing_mandatory: Literal["at creation", "at creation, auto too", "failed job", "skipped rows"] = "at creation"
    # A mandatory column that is not mapped: the page says an error, one live note a failed job, the sample of ERRORS
    # has rows. Without field_mappings the server sees the columns only when it reads the file, so that is a failed job
    # unless "auto too".
    ignore_empty: Literal["both", "top", "resource"] = "both"  # question 18: where the key has an effect
    find_by_any_field: Literal["refused", "first", "last"] = "refused"  # question 13: find_by on a non-unique field
    jobs_at_once: int | None = None  # question 25: unfinished jobs per organisation; None: no limit

    # --- File content.
    row_limit: int = 25_000  # Bigin v1 docs, bulk-write/limitations; one CRM v8 page says 10,000 (question 23)
    header_counts: bool = False  # question 22: does the header row count among them
    blank_lines: Literal["ignored", "rows"] = "ignored"  # question 22
    short_rows: Literal["padded", "unprocessed"] = "padded"  # question 22: fewer cells than the header
    upload_bom: Literal["stripped", "kept"] = "stripped"  # question 22
    detect_delimiter: Literal["most in header", "comma"] = "most in header"  # detected in the header row

    # --- Values and rows.
    over_length: Literal["refused", "truncated"] = "refused"  # question 17; the Records API refuses
    long_numbers: Literal["refused", "rounded"] = "refused"  # question 16
    thousands: Literal["refused", "accepted"] = "refused"  # question 16: 1,234.50 in a currency cell
    boolean_words: Literal["lower", "any case", "words"] = "lower"  # question 16: true | TRUE | yes, no, 1, 0
    phone_form: Literal["wide", "digits"] = "wide"  # CRM's pattern allows letters and dots, Kaizen 13 digits and + only
    picklist_unknown: Literal["added", "refused"] = "added"  # question 14 (Kaizen 13)
    lookup_unknown: Literal["refused", "not found", "created", "left out"] = "refused"  # question 14
    date_default: tuple[str, ...] = ("yyyy-MM-dd", "MM/dd/yyyy")  # question 15: a date column without a format
    datetime_default: tuple[str, ...] = (
        "yyyy-MM-dd'T'HH:mm:ssXXX",
        "MM/dd/yyyy HH:mm:ss",
        "yyyy-MM-dd HH:mm:ss",
    )  # question 15
    match_case: Literal["insensitive", "exact"] = "insensitive"  # question 12; the import in the UI ignores case
    match_trim: bool = True  # question 12
    insert_duplicates: Literal["skipped", "added"] = "skipped"  # question 11: insert without find_by on a unique field
    duplicate_in_file: Literal["one by one", "second skipped", "both written"] = "one by one"  # question 10
    update_missing: Literal["RESOURCE_NOT_FOUND", "INVALID_DATA", "CANNOT_PROCESS"] = "RESOURCE_NOT_FOUND"
    # which code a row of an update gets when nothing matches

    # --- Team pipelines. Nothing is recorded of a bulk write to Pipelines.
    stage_maps: bool = True  # question 37: CRM's layouts name the stages of each pipeline; False: of the layout alone
    pipeline_unnamed: Literal["first that offers it", "only if one does", "default layout"] = "first that offers it"
    # question 33: which team pipeline a new record is in that names none. Only its sub-pipeline and stage are mandatory
    # (a live note), so the sub-pipeline has to decide; a live client's comment expects the default layout.
    sub_pipeline_elsewhere: Literal["refused", "taken"] = "refused"  # question 34: one that its team pipeline lacks
    stage_elsewhere: Literal["refused", "taken"] = "refused"
    # question 34: a stage that its sub-pipeline lacks. The layouts page says which stages are available in a pipeline,
    # while an import accepts any picklist value (Kaizen 13).
    layout_required: Literal["enforced", "ignored"] = "enforced"
    # question 35: an empty cell of a field that only the layout requires. CRM v7 docs, create-job, say that a bulk
    # write ignores these; a live job was refused for fields that only its layout required, and that counts for more.
    layout_unmapped: Literal["as mandatory", "rows"] = "as mandatory"
    # question 36: such a field is not mapped in a job that names one layout. That live job got "not mapped for the
    # layout [Company]", so it is as with any mandatory field, see missing_mandatory; "rows" leaves it to question 35.

    # --- Pace, counted in calls of job details (so that no test has to sleep) or in seconds of the sandbox's clock.
    polls_added: int = 1  # calls that still see ADDED
    polls_in_progress: int = 1  # further calls that see the job in progress
    seconds_added: float = 0
    seconds_in_progress: float = 0
    partial_counts: bool = True  # counts of rows while in progress (CRM v7 sample)

    # --- Job details.
    details_wrapped: bool = False  # the object inside data[0], which one careful live client tolerates
    in_progress_word: Literal["INPROGRESS", "IN PROGRESS", "In Progress"] = "INPROGRESS"  # samples | prose
    done_code: Literal["COMPLETED", "SUCCESS"] = "COMPLETED"  # recorded | hand-written sample
    mappings_echo: Literal["hash", "request"] = "hash"  # recorded order is that of a Java hash map
    job_not_found_status: Literal[404, 400] = 404  # pages | OpenAPI
    job_life_s: float | None = None  # question 24
    url_shown: Literal["when completed", "one poll late"] = "when completed"  # COMPLETED without a result yet

    # --- COQL (questions 39 to 41).
    coql_case: Literal["insensitive", "exact"] = "insensitive"
    # question 39: are texts compared with case. A live field's `unique` says {"casesensitive": "0"}.
    coql_backslash: Literal["letter", "escape"] = "letter"
    # question 40: a backslash inside quotes. Kaizen 171 names doubled quotes as the one way to write a quote.
    coql_lag: int = 0
    # question 41: this many queries after a job was accepted do not see the records it adds. COQL reads the records
    # themselves, while the search index of a live organisation lagged 10 to 20 s; how long a job waits is open as well.

    # --- Download.
    download_url: Literal["absolute", "relative"] = "absolute"  # recorded | hand-written sample
    download_host: str | None = None  # question 29; scheme and host of an absolute url; None: the sandbox itself
    download_path: Literal["crm", "bigin"] = "crm"  # question 29
    retention_s: float | None = 86_400  # Catalyst's sister API keeps a result one day
    retention_status: Literal[404, 403, 410] = 404

    # --- Result file (questions 1 to 9).
    result_rows: RowsListed = "in order"
    foreign_rows: int = 0  # lines of some other job
    duplicate_rows: int = 0  # first lines listed again at the end
    echo_columns: Literal["request", "index", "hash"] = "index"  # which three mapped columns: "first" of the file
    echo_count: int = 3
    short_echo: Literal["fewer", "blanks"] = "fewer"  # fewer than three mapped columns
    echo_header: Literal["header", "api_name", "label"] = "header"  # question 4
    echo_text: Literal["exact", "trimmed", "lowercase", "collapsed", "NFC", "LF", "normal"] = "exact"  # question 5
    # "normal": dates, numbers and booleans re-written in the server's own form
    status_header: str = "STATUS"
    id_header: str = "RECORD_ID"  # the prose says "ID"
    errors_header: str = "ERRORS"
    verdict_order: tuple[Literal["status", "id", "errors"], ...] = ("status", "id", "errors")  # question 7
    verdict_position: Literal["last", "first"] = "last"  # question 7
    status_case: Literal["upper", "lower", "title"] = "upper"  # question 7
    skipped_has_id: bool = False  # question 8: RECORD_ID of the record that was already there
    record_id_text: Literal["digits", "scientific", "formula", "decimal"] = "digits"  # spreadsheets damage long ids
    errors_name: Literal["header", "api_name", "none"] = "header"  # CODE-header or CODE-api_name (question 9)
    bom: bool = False
    line_end: Literal["\n", "\r\n"] = "\n"
    quoting: Literal["minimal", "all"] = "minimal"
    result_delimiter: Literal[",", ";"] = ","
    result_name: Literal["module-file", "job", "file"] = "module-file"  # Bigin v1 docs, bulk-write/download-result

    # --- Callback (question 28): the job's details are posted.
    callback: Literal["on time", "before", "after", "twice", "never"] = "on time"
    # on time: job details show COMPLETED from that moment; before: they may still show less; after: once a call saw it
    callback_on_failure: bool = True

    @staticmethod
    def from_observed(path: str | PathLike[str]) -> Behaviour:
        """Return the behaviour that was observed on a live organisation; what nobody observed keeps its default.

        Parameters
        ----------
        path
            A file of observations, as `python -m tests.live` writes it.

        Raises
        ------
        ValueError
            If the file is not one of observations, or has a switch that does not exist or a value that it cannot have;
            the message names the switch.
        """
        return Behaviour(**read_observed(path, get_type_hints(Behaviour)))
