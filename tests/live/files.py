"""The rows of the four jobs, made so that each answers as many questions as it can.

Every row has a mark, such as r07, in most of its cells, so that its line is known in whatever order and form the
result comes. Every record has a name of this prober's in a field that no probe plays with; only what bears such a name
is ever deleted.
"""

from __future__ import annotations

import csv
import io
import unicodedata
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bigin_frames.model import Field, Layout, SubPipeline

PREFIX = "BFPROBE"
NAMED_BY = {"Contacts": "Title", "Accounts": "Account_Name", "Pipelines": "Deal_Name", "Products": "Product_Name"}
DATES = {
    "yyyy-MM-dd": "2031-01-25",
    "MM/dd/yyyy": "01/25/2031",
    "dd/MM/yyyy": "25/01/2031",
    "yyyy/MM/dd": "2031/01/25",
    "dd-MM-yyyy": "25-01-2031",
    "dd.MM.yyyy": "25.01.2031",
    "MM-dd-yyyy": "01-25-2031",
    "dd MMM yyyy": "25 Jan 2031",
    "yyyyMMdd": "20310125",
}
DATETIMES = {
    "yyyy-MM-dd'T'HH:mm:ssXXX": "2031-01-25T10:30:00+00:00",
    "MM/dd/yyyy HH:mm:ss": "01/25/2031 10:30:00",
    "yyyy-MM-dd HH:mm:ss": "2031-01-25 10:30:00",
    "dd/MM/yyyy HH:mm:ss": "25/01/2031 10:30:00",
    "yyyy-MM-dd'T'HH:mm:ss": "2031-01-25T10:30:00",
}


@dataclass(frozen=True)
class Sheet:
    """One CSV: its name, its header and its rows by mark; `odd` replaces a row's line as it is written."""

    name: str
    header: Sequence[str]
    rows: Mapping[str, Sequence[str]]
    odd: Mapping[str, str] = field(default_factory=dict)
    bom: bool = False

    def zipped(self) -> bytes:
        lines = [_line(self.header), *(self.odd.get(mark, _line(row)) for mark, row in self.rows.items())]
        text = "".join(lines).encode("utf-8-sig" if self.bom else "utf-8")
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(self.name, text)
        return out.getvalue()


@dataclass(frozen=True)
class Plan:
    """One job before its file is uploaded: fields with their columns, in the order of the request.

    `letter` is that of the marks by which the lines of its result are known.
    """

    module: str
    operation: str
    sheet: Sheet
    columns: Mapping[str, int]
    letter: str
    find_by: str | None = None
    lookups: Mapping[str, str] = field(default_factory=dict)

    def resource(self, file_id: str) -> dict[str, Any]:
        listed: list[dict[str, Any]] = [{"api_name": name, "index": index} for name, index in self.columns.items()]
        for mapping in listed:
            if mapping["api_name"] in self.lookups:
                mapping["find_by"] = self.lookups[mapping["api_name"]]
        asked = {"type": "data", "module": {"api_name": self.module}, "file_id": file_id, "field_mappings": listed}
        return asked | ({"find_by": self.find_by} if self.find_by else {})


def _line(cells: Sequence[str]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue()


# -- people: one file for two jobs, an insert of its first ten columns and an update by the others

PEOPLE = (
    *("Last_Name", "First_Name", "Mailing_Street", "Title", "Phone", "Email", "Email_Opt_Out", "Account_Name"),
    *("Mailing_City", "Mailing_Country"),
)
# The request names them in another order than the file, so that both orders and that of a hash show three other ones.
REQUEST = ("Title", "Mailing_Street", "Last_Name", "Phone", "Email", "First_Name", *PEOPLE[6:])
MARK_2, CITY_2, KEY_COUNTRY, KEY_EMAIL = "Mailing_Zip", "Mailing_City", "Mailing_Country", "Email"
COMPANY = f"{PREFIX} company"
TWIN = f"{PREFIX} twin"
SLASHED, PLAIN = f"{PREFIX} bk\\slash", f"{PREFIX} bkslash"
ROWS = 21
BLANK_LINE_BEFORE, SHORT = "r11", "r19"
PLAYED_WITH = (0, 1, 2, 8)  # columns of free text


def people(fields: Mapping[str, Field]) -> Sheet:
    """Return the file of the first two jobs."""
    rows = {f"r{n:02d}": _person(f"r{n:02d}") for n in range(1, ROWS + 1)}
    for mark, change in _ODD.items():
        for column in PLAYED_WITH:
            rows[mark][column] = change(rows[mark][column])
    longest = fields["First_Name"].length if "First_Name" in fields else None
    special = {
        "r08": {1: f"{PREFIX} r08 ".ljust((longest or 40) + 5, "x")},
        "r09": {1: SLASHED},
        "r10": {1: PLAIN},
        "r11": {6: "TRUE"},
        "r12": {6: "yes"},
        "r13": {7: COMPANY},
        "r14": {4: "(202) 555-0143"},
        "r15": {5: "bfprobe.dup@example.com"},
        "r16": {5: "bfprobe.dup@example.com"},
        "r17": {9: TWIN},
        "r18": {9: TWIN},
        "r20": {1: "0020"},
        "r21": {6: "true"},
    }
    for mark, cells in special.items():
        for column, text in cells.items():
            rows[mark][column] = text
    for number, (country, email, city) in enumerate(_UPDATES, 1):
        rows[f"r{number:02d}"][10:] = [city, f"u{number:02d}", country, email]
    odd = {
        BLANK_LINE_BEFORE: "\n" + _line(rows[BLANK_LINE_BEFORE]),
        SHORT: _line(rows[SHORT][:4]),
    }
    return Sheet("bfprobe-people.csv", [f"c{n}" for n in range(14)], rows, odd)


def _person(mark: str) -> list[str]:
    words = {0: "La", 1: "Fi", 2: "St", 8: "Ci", 9: "Co"}
    row = [f"{PREFIX} {mark} {words[n]}" if n in words else "" for n in range(14)]
    row[3], row[4], row[5] = f"{PREFIX} {mark}", "+12025550143", f"bfprobe.{mark}@example.com"
    return row


_ODD: dict[str, Callable[[str], str]] = {
    "r03": lambda text: f" {text} ",
    "r04": lambda text: text.replace(" ", "  "),
    "r05": lambda text: f"{text} {unicodedata.normalize('NFD', 'Zoë')}",
    "r06": lambda text: f'{text} "a", b',
    "r07": lambda text: f"{text}\r\nb",
}
# What the rows of the update name: a country, an e-mail, the new city.
_UPDATES = (
    (f"{PREFIX} r02 Co", "bfprobe.r02@example.com", ""),  # u01: is a blank cell left alone
    (f"{PREFIX} R03 CO", "BFPROBE.R03@EXAMPLE.COM", f"{PREFIX} u02"),  # u02: case
    (f"{PREFIX} r04 Co", "bfprobe.r04@example.com", f"{PREFIX} u03"),  # u03, u04: one key twice
    (f"{PREFIX} r04 Co", "bfprobe.r04@example.com", f"{PREFIX} u04"),
    (f"{PREFIX} nobody", "bfprobe.nobody@example.com", f"{PREFIX} u05"),  # u05: nothing matches
    (TWIN, "bfprobe.r17@example.com", f"{PREFIX} u06"),  # u06: two records match
    (f" {PREFIX} r05 Co ", "bfprobe.r05@example.com", f"{PREFIX} u07"),  # u07: blanks around
)


def insert_people(sheet: Sheet, fields: Mapping[str, Field]) -> Plan:
    columns = {name: PEOPLE.index(name) for name in REQUEST if _writable(fields, name)}
    return Plan("Contacts", "insert", sheet, columns, "r", lookups={"Account_Name": "Account_Name"})


def update_people(sheet: Sheet, key: str) -> Plan:
    columns = {MARK_2: 11, CITY_2: 10, key: 12 if key == KEY_COUNTRY else 13}
    return Plan("Contacts", "update", sheet, columns, "u", find_by=key)


def _writable(fields: Mapping[str, Field], name: str) -> bool:
    return name in fields and fields[name].creatable


# -- deals: dates and numbers, places in pipelines, one key three times

DEALS = ("Description", "Closing_Date", "Deal_Name", "Amount", "Sub_Pipeline", "Stage", "Pipeline")
DEALS_REQUEST = ("Amount", "Description", "Closing_Date", "Deal_Name", "Sub_Pipeline", "Stage", "Pipeline")
KEY_OF_THREE = f"{PREFIX} twin deal"
MONEY = {"thousands": "1,234.50", "long": "1.123456789012"}


@dataclass(frozen=True)
class Places:
    """Where a deal can be: the first pipeline that requires nothing more, and another one."""

    home: Layout
    other: Layout | None

    @property
    def place(self) -> list[str]:
        return _place(self.home.sub_pipelines[0], self.home.id)


def places(layouts: Sequence[Layout]) -> Places | None:
    """Return the places that an organisation's team pipelines offer, None if there is no usable one."""
    usable = [layout for layout in layouts if layout.active and all(sub.stages for sub in layout.sub_pipelines[:1])]
    usable = [layout for layout in usable if layout.sub_pipelines]
    home = next((layout for layout in usable if not _asked_beyond(layout)), None)
    if home is None:
        return None
    return Places(home, next((layout for layout in usable if layout.id != home.id), None))


def _asked_beyond(layout: Layout) -> set[str]:
    return set(layout.required) - {"Deal_Name", "Sub_Pipeline", "Stage", "Pipeline"}


def _place(sub: SubPipeline, pipeline: str, stage: str | None = None) -> list[str]:
    return [sub.name, stage or sub.stages[0], pipeline]


def deals(fields: Mapping[str, Field], where: Places) -> Plan:
    """Return the job of deals."""
    moment = next((f.api_name for f in fields.values() if f.data_type == "datetime" and f.custom and f.creatable), None)
    rows = {f"d{n:02d}": ["", text, "", "", *where.place, ""] for n, text in enumerate(DATES.values(), 1)}
    rows["d10"] = ["", "", "", MONEY["thousands"], *where.place, ""]
    rows["d11"] = ["", "", "", MONEY["long"], *where.place, ""]
    for mark, amount in (("d12", "5"), ("d13", ""), ("d14", "")):
        rows[mark] = ["", "", "", amount, *where.place, ""]
    rows |= {mark: ["", date, "", "", *place, ""] for mark, date, place in _elsewhere(where)}
    if moment is not None:
        rows |= {f"d{n}": ["", "", "", "", *where.place, text] for n, text in enumerate(DATETIMES.values(), 30)}
    for mark, row in rows.items():
        row[0], row[2] = f"{PREFIX} {mark} De", f"{PREFIX} {mark}"
    for mark, key in (("d12", KEY_OF_THREE), ("d13", KEY_OF_THREE), ("d14", f" {KEY_OF_THREE} ")):
        rows[mark][2] = key
    columns = {name: DEALS.index(name) for name in DEALS_REQUEST if _writable(fields, name)}
    columns |= {moment: len(DEALS)} if moment else {}
    sheet = Sheet("bfprobe-deals.csv", [f"c{n}" for n in range(len(DEALS) + 1)], rows)
    return Plan("Pipelines", "upsert", sheet, columns, "d", find_by="Deal_Name")


def _elsewhere(where: Places) -> list[tuple[str, str, list[str]]]:
    """Return mark, date and place of deals in places that do not fit, as far as there are two pipelines."""
    home, other = where.home, where.other
    if other is None:
        return []
    ours = {sub.name: sub for sub in home.sub_pipelines}
    alone = next((sub for sub in other.sub_pipelines if sub.name not in ours), None)
    shared = next((ours[sub.name] for sub in other.sub_pipelines if sub.name in ours), None)
    first, found = home.sub_pipelines[0], []
    stages = [stage for sub in (*other.sub_pipelines, *home.sub_pipelines) for stage in sub.stages]
    strange = next((stage for stage in stages if stage not in first.stages), None)
    if alone is not None:
        found += [("d15", "", _place(alone, home.id))]
        # Its own pipeline may ask for a date, of which the form is a question of its own.
        found += [("d16", DATES["yyyy-MM-dd"], _place(alone, "")), ("d17", DATES["MM/dd/yyyy"], _place(alone, ""))]
        if _asked_beyond(other):
            found += [("d20", "", _place(alone, other.id))]
    if shared is not None:
        found += [("d18", "", _place(shared, ""))]
    if strange is not None:
        found += [("d19", "", _place(first, home.id, strange))]
    return found


# -- products: two columns, whichever delimiter is found

CATEGORY = f"{PREFIX} category"


def products(fields: Mapping[str, Field]) -> Plan:
    """Return the job of products: a picklist beside the name, and a header with more semicolons than commas."""
    picklist = next((f.api_name for f in fields.values() if f.data_type == "picklist" and f.creatable), None)
    second = picklist or "Product_Code"
    rows = {f"p{n:02d}": [f"{PREFIX} p{n:02d}"] for n in range(1, 4)}
    odd = {mark: f"{PREFIX} {mark};{cell};x;,{cell},y\n" for mark, cell in zip(rows, ["", CATEGORY, ""], strict=True)}
    odd["p03"] *= 2  # one key twice
    header = ["Product_Name;c1;c2;", "c3", "c4"]
    sheet = Sheet("bfprobe-products.csv", header, rows, odd, bom=True)
    return Plan("Products", "insert", sheet, {"Product_Name": 0, second: 1}, "p", find_by="Product_Name")


def names(plans: Sequence[Plan]) -> dict[str, list[str]]:
    """Return, for each module, every name that a record of the prober can have."""
    found: dict[str, list[str]] = {module: [] for module in NAMED_BY}
    for plan in plans:
        found[plan.module] += _names(plan)
    found["Accounts"] = [COMPANY]
    return {module: list(dict.fromkeys(listed)) for module, listed in found.items()}


def _names(plan: Plan) -> list[str]:
    if plan.letter == "p":
        # With a comma the first cell is longer.
        return [text for odd in plan.sheet.odd.values() for text in (odd.split(";")[0], odd.split(",")[0])]
    column = plan.columns.get(NAMED_BY[plan.module])
    return [] if column is None else [row[column] for row in plan.sheet.rows.values()]
