"""Files are read as they are: text stays text, only an empty cell is missing, and unclear content is refused."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import feather

from bigin_frames.cli.files import names_of, read
from bigin_frames.cli.output_files import save
from bigin_frames.errors import InputError
from tests.support.real_data import sample

# Texts that programs are known to take for something else.
KEPT = [
    "00501",
    "0041 55",
    "9123456789012345678",
    "NA",
    "1e5",
    "TRUE",
    "2024-01-31",
    " x ",
    "a,b",
    'say "hi"',
    "x\ny",
    "é",
    "x\ry",
]
KINDS = [".csv", ".xlsx", ".parquet"]


@pytest.mark.parametrize("kind", KINDS)
def test_texts_are_read_as_they_were_saved(kind: str, tmp_path: Path) -> None:
    frame = pd.DataFrame({"Zip": [*KEPT, None], "Other": ["x"] * (len(KEPT) + 1)})
    save(frame, tmp_path / f"a{kind}")
    back = read(tmp_path / f"a{kind}")

    # XML has no carriage return of its own.
    assert [text.replace("\n", "\r") for text in back["Zip"][:-1]] == [text.replace("\n", "\r") for text in KEPT]
    assert kind == ".xlsx" or back["Zip"].tolist()[:-1] == KEPT
    assert back["Zip"].isna().tolist() == [False] * len(KEPT) + [True]
    assert names_of(tmp_path / f"a{kind}") == ["Zip", "Other"]


@pytest.mark.parametrize("kind", KINDS)
def test_real_records_are_read_as_they_were_saved(kind: str, tmp_path: Path) -> None:
    frame = sample("district_offices").head(300)
    save(frame, tmp_path / f"a{kind}")
    back = read(tmp_path / f"a{kind}")

    pd.testing.assert_frame_equal(back.astype(object).where(back.notna(), None),
                                  frame.astype(object).where(frame.notna(), None))  # fmt: skip


# The signs people type; controls are refused elsewhere, and a sheet has no cells of nothing but blanks.
TYPED = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=12).filter(str.strip)


@given(texts=st.lists(TYPED, min_size=1, max_size=8), kind=st.sampled_from(KINDS))
@settings(max_examples=20)
def test_any_typed_text_is_read_back_or_has_a_quote_before_it(
    texts: list[str], kind: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("x") / f"a{kind}"
    save(pd.DataFrame({"A": texts, "B": "x"}), path)

    for before, after in zip(texts, read(path)["A"], strict=True):
        assert after in (before, f"'{before}")
        assert after == before or kind != ".parquet"


@pytest.mark.parametrize("suffix", [".parquet", ".arrow"])
def test_columns_of_arrow_files_keep_their_types(suffix: str, tmp_path: Path) -> None:
    frame = pd.DataFrame({"A": [1, 2], "B": ["x", None]})
    path = tmp_path / f"a{suffix}"
    feather.write_feather(frame, path) if suffix == ".arrow" else frame.to_parquet(path)

    assert str(read(path)["A"].dtype) == "int64[pyarrow]"
    assert names_of(path) == ["A", "B"]


def test_names_of_a_folder_of_parquet_are_those_of_its_files(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    pd.DataFrame({"A": [1]}).to_parquet(tmp_path / "set" / "a.parquet")

    assert names_of(tmp_path / "set") == ["A"]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", b"A;B\n1;2\n", "uses ';' as delimiter; save it with commas"),
        ("a.csv", b"A,A\n1,2\n", "more than one column 'A'"),
        ("a.csv", b"A,B\n1\n", "its rows differ in length"),
        ("a.csv", b"A,B\n1,\xff\n", "is not UTF-8. Save it as 'CSV UTF-8'."),
        ("a.csv", b"", "cannot be read as csv"),
        ("a.xlsx", b"PK nonsense", "the file is damaged or not a spreadsheet"),
        ("a.ods", b"nonsense", "the file is damaged or not a spreadsheet"),
        ("a.parquet", b"nonsense", "the file is damaged or of another type"),
        ("a.doc", b"", "is not one of"),
    ],
)
def test_file_that_cannot_be_read_is_refused_without_its_text(
    name: str, content: bytes, words: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)

    with pytest.raises(InputError, match=words) as refusal:
        read(tmp_path / name)
    assert "nonsense" not in str(refusal.value)


def test_byte_order_mark_is_not_part_of_the_first_name(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbfA,B\n1,2\n")

    assert list(read(tmp_path / "a.csv")) == names_of(tmp_path / "a.csv") == ["A", "B"]


def test_file_with_only_names_has_no_rows(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("A,B\n")

    assert read(tmp_path / "a.csv").shape == (0, 2)


def test_row_that_is_too_long_far_down_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("A,B\n" + "1,2\n" * 400_000 + "1,2,secret\n")

    with pytest.raises(InputError, match="cannot be read as csv") as refusal:
        read(tmp_path / "a.csv")
    assert "secret" not in str(refusal.value)
