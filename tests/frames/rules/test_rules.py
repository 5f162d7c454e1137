from __future__ import annotations

import re
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigin_frames.frames.rules.addresses import EMAIL, WEBSITE
from bigin_frames.frames.rules.choices import not_all_among
from bigin_frames.frames.rules.for_field import ID, rules_for
from bigin_frames.frames.rules.numbers import beyond_int64, too_many_decimals, too_many_digits
from bigin_frames.frames.rules.phone import PHONE, not_a_phone
from bigin_frames.frames.rules.rule import empty, not_like
from bigin_frames.frames.rules.texts import FORMULA_LIKE, like_a_formula, too_long
from bigin_frames.model import ID_FIELD, MANDATORY_NOT_FOUND, MappedColumn
from tests.support.contacts import BY_NAME, field

NULL_AND_EMPTY_COLUMN = [pa.array([None, None], pa.large_string()), pa.array([], pa.large_string())]


def text(*cells):
    return pa.array(cells, pa.large_string())


def column(described, by=None):
    return MappedColumn(column="c", field=described, by=by)


def names(described, operation="insert", *, by=None, **facts):
    return [rule.name for rule in rules_for(column(described, by), operation, **facts)]


def failing(described, *cells, by=None):
    """Names of the rules that each cell breaks."""
    broken = [set() for _ in cells]
    for rule in rules_for(column(described, by), "insert"):
        for at in np.flatnonzero(rule.failing(text(*cells))):
            broken[at].add(rule.name)
    return broken


@pytest.mark.parametrize("data_type", ["text", "phone", "integer", "currency", "picklist", "multiselectpicklist", "id"])
@pytest.mark.parametrize("cells", NULL_AND_EMPTY_COLUMN, ids=["null", "no rows"])
def test_empty_cells_break_no_rule_but_the_mandatory_one(data_type, cells):
    described = field("X", data_type, mandatory=True, picklist=("a",), length=19)

    mandatory, *others = rules_for(column(described), "insert")

    assert mandatory.failing(cells).tolist() == [True] * len(cells)
    assert not any(rule.failing(cells).any() for rule in others)


@pytest.mark.parametrize("cells_type", [pa.string(), pa.large_string()])
def test_rules_take_both_sizes_of_arrow_text(cells_type):
    for data_type in ("text", "email", "integer", "double", "picklist", "multiselectpicklist"):
        described = field("X", data_type, mandatory=True, picklist=("a@b.co",), length=1, decimals=1)
        for rule in rules_for(column(described), "insert"):
            assert len(rule.failing(pa.array(["a@b.co", None, "1.25"], cells_type))) == 3


@pytest.mark.parametrize("cell", [None, "", " ", "\t\n", "\u00a0\u3000"])
def test_a_cell_of_blanks_is_empty(cell):
    assert empty(text(cell, "x", " x ")).tolist() == [True, False, False]


@pytest.mark.parametrize(
    ("operation", "facts", "needed"),
    [
        ("insert", {}, True),
        ("upsert", {}, True),
        ("update", {}, False),
        ("update", {"clearing": True}, True),
        ("update", {"key": True}, True),
    ],
)
def test_a_mandatory_field_must_be_filled_where_a_record_could_lack_it(operation, facts, needed):
    assert ("mandatory" in names(BY_NAME["Last_Name"], operation, **facts)) is needed


@pytest.mark.parametrize(("operation", "needed"), [("insert", False), ("update", True), ("upsert", True)])
def test_the_key_must_be_filled_where_a_record_is_looked_for(operation, needed):
    assert ("mandatory" in names(BY_NAME["Email"], operation, key=True)) is needed


def test_the_mandatory_rule_has_bigins_own_code():
    assert rules_for(column(BY_NAME["Last_Name"]), "insert")[0].code == MANDATORY_NOT_FOUND


@given(st.lists(st.none() | st.text(st.characters(codec="utf-8"), max_size=6)), st.integers(0, 5))
def test_length_counts_characters_as_python_does(cells, limit):
    expected = [cell is not None and len(cell) > limit for cell in cells]

    assert too_long(text(*cells), limit).tolist() == expected


@pytest.mark.parametrize(
    ("data_type", "limit"), [("text", 255), ("textarea", 32_000), ("email", 100), ("phone", 50), ("website", 255)]
)
def test_a_length_the_metadata_does_not_name_is_the_documented_one(data_type, limit):
    rule = next(rule for rule in rules_for(column(field("X", data_type)), "insert") if rule.name == "max_length")

    assert rule.statistics == {"max_length": limit}
    assert str(limit) in rule.words


def test_the_metadata_beats_the_documented_length():
    assert failing(field("X", length=3), "abc", "abcd") == [set(), {"max_length"}]


GOOD = {
    EMAIL: [
        "a@b.co", "a.b+c@x-y.example.com", "p.boyle@zylker.com", "o'brien@x.ie", "a..b@carrier.ne.jp", "_x@a_b.com",
        "!#$%&'*+/=?^_`{|}~-@x.org", '"a b"@x.org', '"a\\"b"@x.org', "x@[127.0.0.1]", "x@[IPv6:::1]",
        "user@例え。jp", "用户@例子.广告", "jörg@münchen.de", "a@xn--p1ai.xn--p1ai", "a@b.museum", "1@2.3com.net",
    ],
    PHONE: [
        "+1 (415) 555-0100", "91(987)654321", "9900000000", "1-800-FLOWERS", "123,45;6#", "0049.30.1", "(+49) 30", "1",
    ],
    WEBSITE: [
        "www.zylker.com", "https://www.zylker.com", "zylker.com", "HTTP://X.COM", "ftp://a.b/c d", "http://localhost:80/x",
        "http://[::1]/", "http://user:pw@host.com/?q", "http://bücher.de", "zylker.com:8080/x#y", "x.com.", "x.com?a=b",
    ],
    ID: ["1", "7618134000000648053", "0"],
}  # fmt: skip
BAD = {
    EMAIL: [
        "", "a", "a@", "@b.co", "a@b", "a b@c.de", "a@b..de", "a@b.co ", " a@b.co", "a@b.co\n", "a@-b.co", "a@b-.co",
        "a@b.c", "a@b.12", "a@b@c.de", "a@b,co", "a\u00a0@b.co", "a\u200b@b.co", "a@b.co;b@c.co", "<a@b.co>", "a@b.co.",
        "a@.b.co", "a\ufeff@b.co", '"a"b@x.org', "n/a",
    ],
    PHONE: ["", "--", "+", " ", "a/b", "\u260e 1", "1\n", "\uff11\uff12", "a@b.co", "1_2"],
    WEBSITE: ["", "n/a", "zylker", "http://", "a b.com", "http:// x.com", "x.com\n", "none.", "a@b.co", ".com"],
    ID: ["", "12345678901234567890", "1.0", "-1", "1e5", " 1", "1\n", "\u0661"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("pattern", "cell", "matches"),
    [(pattern, cell, True) for pattern, cells in GOOD.items() for cell in cells]
    + [(pattern, cell, False) for pattern, cells in BAD.items() for cell in cells],
)
def test_a_pattern_says_the_same_in_both_engines(pattern, cell, matches):
    assert (not not_like(text(cell), pattern)[0]) is matches
    assert bool(re.fullmatch(pattern, cell)) is matches


@given(st.text(st.sampled_from('aZ0@.-_ "\\+\n\u00a0é例。/:?#[]<>'), max_size=14))
def test_generated_text_matches_in_both_engines_or_in_none(cell):
    for pattern in GOOD:
        assert bool(not_like(text(cell), pattern)[0]) is not bool(re.fullmatch(pattern, cell))


PHONES = st.none() | st.text(st.sampled_from("09aZ +().,;#-/\u00e9\n"), max_size=6)


@given(st.lists(PHONES))
def test_a_phone_is_judged_by_its_bytes_as_by_the_pattern(cells):
    for kept in (text(*cells), text("?", *cells)[1:]):
        assert not_a_phone(kept).tolist() == not_like(kept, PHONE).tolist()


@given(st.emails())
def test_no_valid_ascii_address_is_refused(address):
    assert not not_like(text(address), EMAIL)[0] or _documented_pattern_refuses_too(address)


def _documented_pattern_refuses_too(address):
    top = address.rpartition(".")[2]
    return not re.fullmatch(r"[A-Za-z]{2,22}", top) and not top.lower().startswith("xn--")


def test_types_with_a_pattern_use_it():
    assert failing(BY_NAME["Email"], "nope") == [{"email"}]
    assert failing(BY_NAME["Phone"], "??") == [{"phone"}]
    assert failing(BY_NAME["Website"], "nope") == [{"website"}]
    assert failing(ID_FIELD, "x") == [{"id"}]


@pytest.mark.parametrize(
    ("name", "by", "expected"),
    [
        ("Account_Name", "id", ["id"]),
        ("Account_Name", None, ["id"]),
        ("Account_Name", "Account_Name", []),
        ("Owner", "id", ["id"]),
        ("Owner", "email", ["email"]),
    ],
)
def test_a_lookup_is_judged_by_the_key_it_holds(name, by, expected):
    assert names(BY_NAME[name], by=by) == expected


@pytest.mark.parametrize("data_type", ["boolean", "date", "datetime"])
def test_types_that_encoding_settles_have_no_rule(data_type):
    assert names(field("X", data_type)) == []


def test_a_picklist_takes_its_values_letter_for_letter():
    cells = ("Web", "web", "Web ", "Partner", None, "-None-")

    assert failing(BY_NAME["Lead_Source"], *cells) == [set(), {"picklist"}, {"picklist"}, set(), set(), {"no_choice"}]


def test_a_picklist_without_values_takes_anything_but_the_sign_for_nothing():
    assert failing(field("X", "picklist"), "any", "-None-") == [set(), {"no_choice"}]


@given(st.lists(st.none() | st.lists(st.sampled_from(["Analytics", "Bigdata", "x", ""]), max_size=3).map(";".join)))
def test_every_element_of_a_multiselect_must_be_a_value(cells):
    options = BY_NAME["Courses"].picklist
    expected = [cell is not None and not set(cell.split(";")) <= set(options) for cell in cells]

    assert not_all_among(text(*cells), pa.array(options)).tolist() == expected


def test_a_sliced_multiselect_column_is_judged_by_its_own_rows():
    cells = text("x", "Analytics", "Bigdata;x")[1:]

    assert not_all_among(cells, pa.array(["Analytics", "Bigdata"])).tolist() == [False, True]


NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=4)


def _digits(number: str) -> int:
    whole, _, fraction = number.lstrip("-").partition(".")
    return len(whole.lstrip("0")) + len(fraction.rstrip("0"))


@given(st.lists(NUMBERS.map(lambda number: format(number, "f")) | st.none()), st.integers(1, 16))
def test_digits_are_counted_on_both_sides_of_the_point(cells, limit):
    expected = [cell is not None and _digits(cell) > limit for cell in cells]

    assert too_many_digits(text(*cells), limit).tolist() == expected


@given(st.lists(NUMBERS.map(lambda number: format(number, "f")) | st.none()), st.integers(0, 5))
def test_decimals_that_say_nothing_are_not_counted(cells, places):
    expected = [cell is not None and Decimal(cell) != round(Decimal(cell), places) for cell in cells]

    assert too_many_decimals(text(*cells), places).tolist() == expected


@given(st.lists(st.integers(-(10**20), 10**20) | st.sampled_from([2**63 - 1, 2**63, -(2**63), -(2**63) - 1])))
def test_the_range_of_64_bits_is_exact(numbers):
    expected = [not -(2**63) <= number < 2**63 for number in numbers]

    assert beyond_int64(text(*map(str, numbers))).tolist() == expected


@pytest.mark.parametrize(
    ("data_type", "limit"), [("integer", 9), ("bigint", 18), ("double", 16), ("currency", 16), ("percent", 5)]
)
def test_digits_the_metadata_does_not_name_are_the_documented_ones(data_type, limit):
    described = field("X", data_type)

    assert failing(described, "9" * limit, "9" * (limit + 1), "-" + "9" * limit) == [set(), {"max_digits"}, set()]


def test_the_metadata_beats_the_documented_digits():
    assert failing(field("X", "integer", length=2), "99", "100") == [set(), {"max_digits"}]


def test_a_field_of_19_digits_keeps_to_64_bits():
    assert failing(field("X", "bigint", length=19), "9223372036854775808", "9223372036854775807") == [{"int64"}, set()]


@pytest.mark.parametrize(
    ("facts", "good", "bad"),
    [({"decimals": 2}, "1.25", "1.255"), ({"decimals": 0}, "1.0", "1.5"), ({}, "1.123456789", "1.1234567891")],
)
def test_decimals_come_from_the_metadata_or_are_nine(facts, good, bad):
    assert failing(field("X", "currency", **facts), good, bad) == [set(), {"max_decimals"}]


def test_a_percent_without_stated_decimals_is_held_to_its_digits_alone():
    assert names(field("X", "percent")) == ["max_digits"]


def test_every_rule_ends_in_a_mend_and_names_no_cell():
    for described in (*BY_NAME.values(), ID_FIELD, field("X", "bigint", length=19)):
        for rule in rules_for(column(described), "insert"):
            assert re.match(r"(is|has|holds|does) .+[;,] \S+", rule.words)


@pytest.mark.parametrize("type_", [pa.string(), pa.large_string()])
def test_formula_is_known_by_its_first_sign_and_numbers_and_telephones_are_none(type_):
    formulas = [
        "=1+1",
        "@SUM(A1)",
        "+cmd|' /C calc'!A0",
        "-2+A1",
        "- an item",
        "\t=1",
        "\rx",
        "  =1",
        "\n\t@x",
        "-1\n=A1",
    ]
    others = [
        "+49 171 5550",
        "+1 (202) 555-0100",
        "-5",
        "-5.25 %",
        "-1.000,00 \u20ac",
        "+1/2",
        "-",
        "--",
        "a=1",
        "'=1",
        "1-A",
        "",
        " ",
        "\t",
    ]

    found = like_a_formula(pa.array([None, *formulas, None, *others], type_))
    assert found.tolist() == [False, *[True] * len(formulas), False, *[False] * len(others)]
    assert like_a_formula(pa.array([None, *formulas], type_)[2:4]).tolist() == [True, True]


@given(st.lists(st.none() | st.text("=+-@\t\r\n a1.(\u20ac")))
def test_look_at_the_first_byte_changes_nothing_about_what_a_formula_is(cells):
    cells = text(*cells)

    searched = pc.fill_null(pc.match_substring_regex(cells, FORMULA_LIKE), False)
    assert like_a_formula(cells).tolist() == searched.to_pylist()
