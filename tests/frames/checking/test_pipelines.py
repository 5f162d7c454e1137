"""A deal is checked against the pipeline that its row names, and refused only if no pipeline could accept it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigin_frames.frames.checking.check import check
from bigin_frames.frames.checking.pipelines import demanding, need_layouts, pipeline_findings
from bigin_frames.frames.mapping.columns import map_columns
from bigin_frames.model import INVALID_DATA, MANDATORY_NOT_FOUND, Layout, SubPipeline
from tests.support.contacts import field

SALES, PARTNERS = "8773050000000020002", "8773050000000020003"
SALE_STAGES, RENEWAL_STAGES = ("Qualification", "Proposal", "Closed Won"), ("Due", "Closed Won")
DEALS = (
    field("Owner", "ownerlookup"),
    field("Deal_Name", length=120, mandatory=True),
    field("Pipeline", "bigint", length=19),
    field("Sub_Pipeline", "picklist", mandatory=True, picklist=("Standard", "Renewals", "Referrals")),
    field("Stage", "picklist", mandatory=True, picklist=("Qualification", "Proposal", "Closed Won", "Due", "Referred")),
    field("Amount", "currency", length=16, decimals=2),
    field("Partner", length=100),
    field("Won", "boolean"),
    field("Score", "formula"),
    field("Code", unique=True),
)
LAYOUTS = (
    Layout(
        id=SALES,
        name="Sales",
        required=("Deal_Name", "Owner"),
        sub_pipelines=(SubPipeline("Standard", SALE_STAGES), SubPipeline("Renewals", RENEWAL_STAGES)),
    ),
    Layout(
        id=PARTNERS,
        name="Partners",
        required=("Deal_Name", "Pipeline", "Partner", "Amount", "Won", "Score"),
        sub_pipelines=(SubPipeline("Referrals", ("Referred", "Closed Won")), SubPipeline("Standard", ("Referred",))),
    ),
)


def judged(layouts=LAYOUTS, operation="insert", *, clearing=False, fields=DEALS, **columns):
    """Return the failures in the report of a frame with names and the given columns."""
    options = {name: columns.pop(name) for name in ("defaults", "find_by") if name in columns}
    size = max(len(cells) for cells in columns.values())
    names = {} if operation == "update" else {"Deal_Name": [f"D{i}" for i in range(size)]}
    frame = pd.DataFrame(names | columns)
    mapped = map_columns(frame.columns, fields, module="Pipelines", operation=operation, **options)
    layouts = demanding(layouts, fields, module="Pipelines", operation=operation)
    return check(frame, mapped, operation=operation, clearing=clearing, layouts=layouts).report.failures


def rows_of(failures):
    """Return rows by (field, short name of the rule)."""
    return {key: rows.tolist() for key, rows in failures.groupby(["field", "check"])["row"]}


def updated(*, clearing=False, **columns):
    """Return the same for an update by id in which nothing else is sent."""
    ids = [str(i) for i in range(max(map(len, columns.values())))]
    return judged(operation="update", clearing=clearing, find_by="id", id=ids, **columns)


def test_deals_that_fit_their_pipeline_are_valid():
    found = judged(
        Pipeline=[int(SALES), int(SALES), int(PARTNERS)],
        Sub_Pipeline=["Standard", "Renewals", "Referrals"],
        Stage=["Proposal", "Due", "Referred"],
        Partner=[None, None, "Mill"],
        Amount=[None, None, 1],
    )

    assert found.empty


@pytest.mark.parametrize("named", [[1, 0], ["1", "0"], [-5, 99]])
def test_pipeline_that_the_org_does_not_have_is_refused(named):
    found = judged(Pipeline=named, Sub_Pipeline=["Standard"] * 2, Stage=["Proposal"] * 2)

    assert rows_of(found) == {("Pipeline", "pipeline"): [0, 1]}
    assert set(found["code"]) == {INVALID_DATA}


def test_id_with_leading_zeros_is_the_same_number():
    assert judged(Pipeline=["00" + SALES], Sub_Pipeline=["Standard"], Stage=["Proposal"]).empty


def test_rounded_id_is_refused_without_a_guess():
    found = judged(Pipeline=[int(SALES) - 2], Sub_Pipeline=["Standard"], Stage=["Proposal"])

    assert found["suggestion"].tolist() == [None]


def test_sub_pipeline_of_another_pipeline_is_refused():
    found = judged(
        Pipeline=[SALES, PARTNERS, None],
        Sub_Pipeline=["Referrals", "Renewals", "Renewals"],
        Stage=["Closed Won", "Referred", "Due"],
        Partner=["M"] * 3,
        Amount=[1] * 3,
    )

    assert rows_of(found) == {("Sub_Pipeline", "sub_pipeline"): [0, 1]}


def test_stage_of_another_sub_pipeline_is_refused_with_the_nearest_of_its_own():
    found = judged(
        Pipeline=[SALES, SALES, None],
        Sub_Pipeline=["Renewals", "Standard", "Referrals"],
        Stage=["Closed Won", "Due", "Referred"],
        Partner=["M"] * 3,
        Amount=[1] * 3,
    )

    assert rows_of(found) == {("Stage", "stage"): [1]}
    assert judged(Sub_Pipeline=["Renewals"], Stage=["Proposal"]).loc[0, "suggestion"] is None


def test_suggestion_for_a_stage_comes_from_its_own_sub_pipeline():
    fields = (*(one for one in DEALS if one.api_name != "Stage"), field("Stage", mandatory=True))
    found = judged(fields=fields, Sub_Pipeline=["Renewals"], Stage=["closed won"])

    assert found["suggestion"].tolist() == ["Closed Won"]


def test_row_without_a_pipeline_may_be_in_each_that_has_its_sub_pipeline():
    found = judged(
        Sub_Pipeline=["Standard"] * 4,
        Stage=["Proposal", "Referred", "Referred", "Due"],
        Partner=[None, "Mill", None, "Mill"],
        Amount=[None, 1, 1, 1],
    )

    assert rows_of(found) == {("Partner", "mandatory"): [2], ("Stage", "stage"): [3]}


def test_required_fields_are_those_of_the_layout():
    found = judged(
        Pipeline=[SALES, PARTNERS, PARTNERS],
        Sub_Pipeline=["Standard"] * 3,
        Stage=["Proposal", "Referred", "Referred"],
        Partner=[None, None, "  "],
        Amount=[None, 2.5, None],
    )

    assert rows_of(found) == {("Partner", "mandatory"): [1, 2], ("Amount", "mandatory"): [2]}
    assert set(found["code"]) == {MANDATORY_NOT_FOUND}


def test_row_that_satisfies_one_of_its_possible_layouts_is_valid():
    stages = (SubPipeline("Standard", ("Proposal",)),)
    layouts = tuple(
        Layout(id=number, name=number, required=required, sub_pipelines=stages)
        for number, required in (("1", ("Amount", "Code")), ("2", ("Partner", "Score")))
    )
    columns = {
        "Sub_Pipeline": ["Standard"] * 4,
        "Stage": ["Proposal"] * 4,
        "Amount": [1, 1, None, None],
        "Code": ["c", None, "d", None],
        "Partner": [None, "M", None, None],
    }

    assert rows_of(judged(layouts, **columns)) == {("Partner", "mandatory"): [2, 3]}  # the fewest that are required


def test_field_that_the_module_requires_anyway_is_required_once():
    found = judged(Pipeline=[SALES], Deal_Name=[None], Sub_Pipeline=["Standard"], Stage=["Proposal"])

    assert found[["field", "check"]].values.tolist() == [["Deal_Name", "mandatory"]]


def test_reason_that_no_row_has_is_not_reported():
    columns = {"Pipeline": [PARTNERS], "Sub_Pipeline": ["Standard"], "Stage": ["Referred"], "Amount": [1]}
    frame = pd.DataFrame({"Deal_Name": ["A"], **columns})
    mapped = map_columns(frame.columns, DEALS, module="Pipelines", operation="insert")
    layouts = demanding(LAYOUTS, DEALS, module="Pipelines", operation="insert")
    found = pipeline_findings(frame, mapped, layouts, operation="insert")

    assert [finding.reason.field for finding in found] == ["Partner"]


def test_required_field_without_a_column_is_named_without_a_column():
    found = judged(Pipeline=[PARTNERS], Sub_Pipeline=["Standard"], Stage=["Referred"], Amount=[1])

    assert found[["row", "column", "field", "code"]].values.tolist() == [[0, None, "Partner", MANDATORY_NOT_FOUND]]


def test_default_counts_as_a_value():
    found = judged(
        Sub_Pipeline=["Standard", None],
        Stage=["Referred", "Referred"],
        defaults={"Pipeline": int(PARTNERS), "Partner": "Mill", "Amount": 1, "Sub_Pipeline": "Renewals"},
    )

    assert rows_of(found) == {("Sub_Pipeline", "sub_pipeline"): [1]}


def test_default_that_does_not_fit_a_row_is_called_a_default():
    frame = pd.DataFrame({"Deal_Name": ["A", "B"], "Sub_Pipeline": ["Standard", "Renewals"]})
    mapped = map_columns(frame.columns, DEALS, module="Pipelines", operation="insert", defaults={"Stage": "Proposal"})
    message = check(frame, mapped, operation="insert", layouts=LAYOUTS).report.message()

    assert "row 1: the row has a default that is not a stage of its sub-pipeline; use one of its 2" in message


def test_cells_refused_by_their_own_column_are_not_refused_twice():
    found = judged(
        Pipeline=[8.77e18, None, None],
        Sub_Pipeline=["Standard", "Nonsense", "-None-"],
        Stage=["Referred", "Closed Won", "Nonsense"],
        Partner=["M"] * 3,
        Amount=["x", 1, 1],
    )

    problems = sorted(zip(found["row"], found["field"], strict=True))
    assert problems == [(0, "Amount"), (0, "Pipeline"), (1, "Sub_Pipeline"), (2, "Stage"), (2, "Sub_Pipeline")]
    assert not rows_of(found).keys() & {("Sub_Pipeline", "sub_pipeline"), ("Stage", "stage"), ("Amount", "mandatory")}


def test_update_keeps_what_it_does_not_send():
    assert updated(Stage=["Due", "Referred", None]).empty
    assert updated(Sub_Pipeline=["Referrals", None]).empty
    assert updated(Pipeline=[PARTNERS], Partner=[None]).empty


def test_update_is_refused_what_no_stored_value_could_fix():
    found = updated(Pipeline=[PARTNERS, PARTNERS, SALES], Stage=["Proposal", "Closed Won", "Referred"])

    assert rows_of(found) == {("Stage", "stage"): [0, 2]}


def test_update_that_clears_may_not_blank_what_every_possible_pipeline_requires():
    columns = {"Pipeline": [SALES, PARTNERS, PARTNERS, None], "Partner": [None, None, "Mill", None]}

    assert rows_of(updated(clearing=True, **columns)) == {("Partner", "mandatory"): [1]}
    assert updated(**columns).empty


def test_key_of_an_upsert_is_required_once():
    layouts = (Layout(id=SALES, name="Sales", required=("Code",)),)
    found = judged(
        layouts, "upsert", find_by="Code", Code=["a", None], Sub_Pipeline=["Standard"] * 2, Stage=["Proposal"] * 2
    )

    assert len(found) == 1


def test_key_of_an_insert_is_required_like_any_field():
    layouts = (Layout(id=SALES, name="Sales", required=("Code",)),)
    found = judged(layouts, find_by="Code", Code=["a", None], Sub_Pipeline=["Standard"] * 2, Stage=["Proposal"] * 2)

    assert rows_of(found) == {("Code", "mandatory"): [1]}


@pytest.mark.parametrize(
    "layouts",
    [
        (),
        (Layout(id=SALES, name="Silent"),),
        (Layout(id=SALES, name="No stages", sub_pipelines=(SubPipeline("Standard"), SubPipeline("Renewals"))),),
        (*LAYOUTS, Layout(id="1", name="Hidden", active=False)),
    ],
)
def test_layout_that_lists_nothing_refuses_nothing(layouts):
    assert judged(layouts, Sub_Pipeline=["Standard", "Renewals"], Stage=["Due", "Proposal"]).empty


def test_findings_contain_no_cell_value():
    frame = pd.DataFrame({"Deal_Name": ["A"], "Pipeline": [123456789], "Sub_Pipeline": ["SECRET"], "Stage": ["HUSH"]})
    fields = (field("Deal_Name"), field("Pipeline", "bigint"), field("Sub_Pipeline"), field("Stage"))
    mapped = map_columns(frame.columns, fields, module="Pipelines", operation="insert")
    layouts = demanding(LAYOUTS, fields, module="Pipelines", operation="insert")
    found = pipeline_findings(frame, mapped, layouts, operation="insert")

    assert [finding.reason.field for finding in found] == ["Pipeline", "Sub_Pipeline", "Stage"]
    assert not any(word in repr(found) for word in ("123456789", "SECRET", "HUSH"))


def test_layouts_are_needed_only_where_they_matter():
    def needed(columns, operation, clearing=False, **options):
        mapped = map_columns(pd.Index(columns), DEALS, module="Pipelines", operation=operation, **options)
        return need_layouts(mapped, operation=operation, clearing=clearing)

    assert needed(["Deal_Name", "Sub_Pipeline", "Stage"], "insert")
    assert needed(["id", "Stage"], "update", find_by="id")
    assert needed(["id"], "update", find_by="id", defaults={"Pipeline": 1})
    assert needed(["id", "Amount"], "update", clearing=True, find_by="id")
    assert not needed(["id", "Amount"], "update", find_by="id")


SUBS, STAGES = ("Standard", "Renewals", "Referrals"), ("Qualification", "Proposal", "Due")
some_layouts = st.lists(
    st.builds(
        lambda required, subs: (required, subs),
        st.lists(st.sampled_from(["Amount", "Partner", "Code"]), unique=True, max_size=2),
        st.dictionaries(st.sampled_from(SUBS), st.lists(st.sampled_from(STAGES), unique=True, max_size=2), max_size=3),
    ),
    min_size=1,
    max_size=3,
).map(
    lambda drawn: tuple(
        Layout(
            id=str(number + 1),
            name="L",
            required=tuple(required),
            sub_pipelines=tuple(SubPipeline(name, tuple(stages)) for name, stages in subs.items()),
        )
        for number, (required, subs) in enumerate(drawn)
    )
)
some_rows = st.lists(
    st.fixed_dictionaries(
        {
            "Pipeline": st.sampled_from([None, "1", "2", "3", "4"]),
            "Sub_Pipeline": st.sampled_from([None, *SUBS]),
            "Stage": st.sampled_from([None, *STAGES]),
            "Partner": st.sampled_from([None, "M"]),
            "Amount": st.sampled_from([None, "1"]),
        }
    ),
    min_size=1,
    max_size=12,
)
PLAIN = (field("Pipeline", "bigint"), *(field(name) for name in ("Sub_Pipeline", "Stage", "Partner", "Amount", "Code")))


def takes(layout, row, required):
    """Return whether a layout accepts a row, one rule after the other."""
    offered = {sub.name: sub.stages for sub in layout.sub_pipelines}
    if row["Pipeline"] not in (None, layout.id) or any(row.get(name) is None for name in required):
        return False
    if not offered:
        return True
    meant = [stages for name, stages in offered.items() if row["Sub_Pipeline"] in (None, name)]
    return bool(meant) and (row["Stage"] is None or any(not stages or row["Stage"] in stages for stages in meant))


@given(layouts=some_layouts, rows=some_rows, operation=st.sampled_from(["insert", "update"]))
def test_rows_are_refused_exactly_where_no_layout_accepts_them(layouts, rows, operation):
    frame = pd.DataFrame(rows, dtype="object")
    options = {"find_by": "id", "columns": {name: name for name in (*frame.columns, "id")}}
    if operation == "update":
        frame["id"] = [str(row) for row in range(len(rows))]
    mapped = map_columns(
        frame.columns, PLAIN, module="Pipelines", operation=operation, **(options if operation == "update" else {})
    )
    found = pipeline_findings(frame, mapped, layouts, operation=operation)
    refused = np.unique(np.concatenate([np.empty(0, np.int64), *(finding.positions for finding in found)]))
    lost = [
        place
        for place, row in enumerate(rows)
        if not any(takes(layout, row, layout.required if operation == "insert" else ()) for layout in layouts)
    ]

    assert refused.tolist() == lost


def test_long_frames_are_checked_like_short_ones():
    rng = np.random.default_rng(5)
    short = pd.DataFrame(
        {
            "Pipeline": rng.choice([SALES, PARTNERS, None, "5"], 200),
            "Sub_Pipeline": rng.choice(["Standard", "Renewals"], 200),
            "Stage": rng.choice(["Due", "Proposal", "Referred"], 200),
        }
    )
    long = pd.concat([short] * 123, ignore_index=True)
    mapped = map_columns(short.columns, PLAIN, module="Pipelines", operation="insert")

    def problems(frame):
        found = pipeline_findings(frame, mapped, LAYOUTS, operation="insert")
        return {finding.reason: finding.positions for finding in found}

    found, again = problems(short), problems(long)
    assert len(found) > 4
    assert {reason: (np.arange(123)[:, None] * 200 + rows).ravel().tolist() for reason, rows in found.items()} == {
        reason: rows.tolist() for reason, rows in again.items()
    }
