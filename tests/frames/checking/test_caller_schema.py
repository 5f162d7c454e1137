from __future__ import annotations

import pandas as pd
import pandera.pandas as pandera
import pytest
from pandera.errors import SchemaError

from bigin_frames.errors import OptionError
from bigin_frames.frames.checking.caller_schema import own_findings, positions_of
from bigin_frames.job_request import MappedColumn
from bigin_frames.model import INVALID_DATA
from tests.support.contacts import BY_NAME

MAPPED = (MappedColumn(column="b", field=BY_NAME["Last_Name"]),)
POSITIVE = pandera.Check.gt(0)


def frame():
    return pd.DataFrame({"a": [1, -2, 3, -4], "b": ["x", "yy", "z", "yy"]}, index=["p", "p", "q", "r"])


def found(schema, held=None):
    """Return rows by (column, rule)."""
    findings = own_findings(frame() if held is None else held, schema, MAPPED)
    return {(finding.reason.column, finding.reason.rule): finding.positions.tolist() for finding in findings}


def schema_of(column=None, **facts):
    return pandera.DataFrameSchema({} if column is None else {"a": column}, **facts)


def test_rows_that_pass_have_no_findings():
    assert found(schema_of(pandera.Column(int, pandera.Check.lt(10)))) == {}


def test_a_failing_check_names_rows_by_position_even_if_labels_repeat():
    assert found(schema_of(pandera.Column(int, POSITIVE))) == {("a", "greater_than"): [1, 3]}


def test_a_finding_has_the_field_of_its_column():
    schema = pandera.DataFrameSchema({"b": pandera.Column(None, pandera.Check.str_length(max_value=1))})

    (finding,) = own_findings(frame(), schema, MAPPED)

    assert (finding.reason.field, finding.reason.code) == ("Last_Name", INVALID_DATA)
    assert "str_length" in finding.reason.words


def test_a_column_that_is_not_sent_has_no_field():
    (finding,) = own_findings(frame(), schema_of(pandera.Column(int, POSITIVE)), MAPPED)

    assert finding.reason.field is None


def test_a_pandera_model_is_accepted_as_well():
    class Own(pandera.DataFrameModel):
        a: int = pandera.Field(gt=0)

    assert found(Own) == {("a", "greater_than"): [1, 3]}


def test_missing_and_repeated_cells_are_found_by_row():
    held = frame().assign(a=[1.0, None, 1.0, 2.0])

    assert found(schema_of(pandera.Column(float, unique=True)), held) == {
        ("a", "not_nullable"): [1],
        ("a", "field_uniqueness"): [0, 2],
    }


def test_rows_that_share_several_cells_are_found():
    held = frame().assign(a=1)

    assert found(schema_of(unique=["a", "b"]), held) == {(None, "multiple_fields_uniqueness"): [1, 3]}


def test_a_check_of_whole_rows_has_no_column():
    check = pandera.Check(lambda table: table["a"] > 0, name="positive")

    assert found(schema_of(checks=check)) == {(None, "positive"): [1, 3]}


def test_a_check_of_whole_rows_counts_rows_whose_cells_are_all_missing():
    held = pd.DataFrame({"a": [1.0, None]})
    check = pandera.Check(lambda table: table["a"] > 0, name="positive", ignore_na=False)

    assert found(schema_of(checks=check), held) == {(None, "positive"): [1]}


def test_a_check_with_one_result_for_each_cell_names_its_rows():
    check = pandera.Check(lambda table: table.notna(), name="filled", ignore_na=False)

    assert found(schema_of(checks=check), pd.DataFrame({"a": [1.0, None], "b": ["x", "y"]})) == {(None, "filled"): [1]}


def test_a_missing_result_of_a_check_is_a_failure():
    check = pandera.Check(lambda cells: pd.Series([True, None, False, True], dtype="object"), name="odd")

    assert found(schema_of(pandera.Column(None, check))) == {("a", "odd"): [1, 2]}


def test_all_failing_rows_are_found_even_if_the_check_reports_one_case():
    check = pandera.Check.gt(0, n_failure_cases=1)

    assert found(schema_of(pandera.Column(int, check))) == {("a", "greater_than"): [1, 3]}


def test_columns_of_a_regex_keep_their_own_names():
    held = pd.DataFrame({"x1": [1, -1], "x2": [-1, 2]})
    schema = pandera.DataFrameSchema({"^x": pandera.Column(int, POSITIVE, regex=True)})

    findings = own_findings(held, schema, ())

    assert [(finding.reason.column, finding.positions.tolist()) for finding in findings] == [("x1", [1]), ("x2", [0])]


@pytest.mark.parametrize("where", ["schema", "column"])
def test_rows_that_the_schema_would_drop_are_found(where):
    column = pandera.Column(int, POSITIVE, drop_invalid_rows=where == "column")

    assert found(schema_of(column, drop_invalid_rows=where == "schema")) == {("a", "greater_than"): [1, 3]}


def test_the_callers_schema_keeps_its_own_settings():
    schema = schema_of(pandera.Column(int, POSITIVE), drop_invalid_rows=True)

    found(schema)

    assert schema.drop_invalid_rows is True


def test_a_cell_that_cannot_be_coerced_does_not_hide_what_is_wrong_with_the_others():
    held = frame().assign(a=["1", "x", "-3", "4"])

    assert found(schema_of(pandera.Column(int, POSITIVE, coerce=True)), held) == {
        ("a", "coerce_dtype('int64')"): [1],
        ("a", "greater_than"): [2],
    }


def test_several_columns_are_coerced_row_by_row():
    held = frame().assign(a=["1", "x", "-3", "y"], b=["1", "2", "z", "4"])
    schema = pandera.DataFrameSchema({"a": pandera.Column(int), "b": pandera.Column(int)}, coerce=True)

    rows = {row for positions in found(schema, held).values() for row in positions}

    assert rows == {1, 2, 3}


def test_the_frame_is_not_changed():
    held = frame().assign(a=["1", "2", "3", "4"])
    before = held.copy(deep=True)

    own_findings(held, schema_of(pandera.Column(int, coerce=True)), MAPPED)

    pd.testing.assert_frame_equal(held, before)


@pytest.mark.parametrize("switch", ["PANDERA_VALIDATION_ENABLED", "PANDERA_VALIDATION_DEPTH"])
def test_checks_run_even_if_pandera_is_switched_off(switch):
    from pandera.config import config_context

    options = {"validation_enabled": False} if switch.endswith("ENABLED") else {"validation_depth": "SCHEMA_ONLY"}
    with config_context(**options):
        assert found(schema_of(pandera.Column(int, POSITIVE))) == {("a", "greater_than"): [1, 3]}


def parsed(parser):
    return schema_of(pandera.Column(None, nullable=True), parsers=pandera.Parser(parser))


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        (pandera.DataFrameSchema({"zip": pandera.Column(str)}), "'zip'"),
        (schema_of(pandera.Column(str)), "column 'a'"),
        (schema_of(strict=True), "'a'"),
        (schema_of(checks=pandera.Check(lambda table: False, name="never")), "the frame as a whole"),
        (schema_of(pandera.Column(int, pandera.Check(lambda cells: 1 / 0, name="boom"))), "ZeroDivisionError"),
        (schema_of(pandera.Column(int, pandera.Check(lambda cells: False, name="never"))), "column 'a' as a whole"),
        (parsed(lambda table: table.iloc[:2]), "drops rows"),
        (parsed(lambda table: table.iloc[::-1]), "changes or drops rows"),
        ({"a": int}, "dict"),
        (int, "type"),
    ],
    ids=["missing column", "dtype", "strict", "no", "error", "column no", "drops", "turns", "dict", "type"],
)  # fmt: skip
def test_what_no_row_can_fix_is_an_option_error(schema, said):
    with pytest.raises(OptionError, match="schema=") as caught:
        own_findings(frame(), schema, MAPPED)

    assert caught.value.option == "schema"
    assert said in str(caught.value)


def test_the_message_of_an_exception_inside_a_check_is_not_repeated():
    def leak(cells):
        raise ValueError(f"canary {cells.iloc[0]}")

    with pytest.raises(OptionError) as caught:
        found(schema_of(pandera.Column(int, pandera.Check(leak, name="leak"))))

    assert "canary" not in str(caught.value)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


def test_a_check_that_lists_thousands_of_values_is_cut_short():
    schema = pandera.DataFrameSchema({"b": pandera.Column(None, pandera.Check.isin([f"v{n}" for n in range(5_000)]))})

    (finding,) = own_findings(frame(), schema, MAPPED)

    assert len(finding.reason.words) < 200


def test_an_error_that_is_not_about_single_rows_has_no_positions():
    cases = pd.DataFrame({"index": [None], "failure_case": ["x"]})

    assert positions_of(SchemaError(None, None, "no", failure_cases=cases)) is None
