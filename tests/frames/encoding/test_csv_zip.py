from __future__ import annotations

import csv
import hashlib
import io
import shutil
import subprocess
import sys
import tempfile
import zipfile
import zlib
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from isal import isal_zlib

from bigin_frames.deflate import fastest
from bigin_frames.errors import InputError, MappingError, OptionError
from bigin_frames.frames.encoding.csv_zip import cell_bytes, header_bytes, pack, split, to_csv
from tests.support.frames_strategy import TEXTS

SMALL = st.lists(st.integers(1, 9), max_size=9)
ANY_WIDTH = st.sampled_from([pa.string(), pa.large_string()])


@st.composite
def tables(draw, max_columns=4):
    rows, width = draw(st.integers(0, 8)), draw(st.integers(1, max_columns))
    cells = [draw(st.lists(st.none() | TEXTS, min_size=rows, max_size=rows)) for _ in range(width)]
    return [f"Column_{at}" for at in range(width)], [pa.array(column, draw(ANY_WIDTH)) for column in cells]


def row_bytes(texts):
    return np.sum([cell_bytes(text, alone=len(texts) == 1) for text in texts], axis=0)


def read_by_csv(data):
    return list(csv.reader(io.StringIO(data.decode(), newline="")))


def read_by_arrow(data, names):
    options = pa.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False)
    parse = pa.csv.ParseOptions(newlines_in_values=True)
    return pa.csv.read_csv(io.BytesIO(data), convert_options=options, parse_options=parse).to_pylist()


def rows_of(texts):
    return [[cell or "" for cell in row] for row in zip(*(text.to_pylist() for text in texts), strict=True)]


@settings(deadline=None)
@given(tables())
def test_to_csv_is_read_back_the_same_by_two_readers(table):
    names, texts = table

    data = to_csv(names, texts)

    assert read_by_csv(data) == [names, *rows_of(texts)]
    assert [list(row.values()) for row in read_by_arrow(data, names)] == rows_of(texts)


@settings(deadline=None)
@given(tables())
def test_cell_bytes_and_header_add_up_to_the_file(table):
    names, texts = table

    assert row_bytes(texts).sum() + header_bytes(names) == len(to_csv(names, texts))


@settings(deadline=None)
@given(tables())
def test_cell_bytes_of_one_row_are_the_size_of_its_line(table):
    names, texts = table

    each = [
        len(to_csv(names, [text[at : at + 1] for text in texts])) - header_bytes(names) for at in range(len(texts[0]))
    ]

    assert row_bytes(texts).tolist() == each


def test_cell_bytes_count_chunked_columns_like_whole_ones():
    chunked = pa.chunked_array([["a", "b,"], [], ["ä"]], pa.string())

    assert row_bytes([chunked, chunked]).tolist() == [4, 12 - 2, 6]
    assert row_bytes([chunked, chunked]).tolist() == row_bytes([chunked.combine_chunks()] * 2).tolist()
    assert to_csv(["a", "b"], [chunked, chunked]) == 'a,b\na,a\n"b,","b,"\nä,ä\n'.encode()


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("plain", "plain"),
        ("a,b", '"a,b"'),
        ('say "x"', '"say ""x"""'),
        ("lone\rreturn", '"lone\rreturn"'),
        ("two\nlines", '"two\nlines"'),
        (" leading", '" leading"'),
        ("trailing\t", '"trailing\t"'),
        ("in side", "in side"),
        ("semi;colon|pipe:", "semi;colon|pipe:"),
        ("\u00a0edge", "\u00a0edge"),
        ("", ""),
        (None, ""),
    ],
)
def test_to_csv_quotes_a_cell_only_where_a_reader_needs_it(cell, written):
    texts = [pa.array([cell, "x"], pa.large_string()), pa.array(["y", "z"], pa.large_string())]

    assert to_csv(["A", "B"], texts).decode() == f"A,B\n{written},y\nx,z\n"


def test_to_csv_of_one_column_has_no_blank_line():
    data = to_csv(["Email"], [pa.array([None, "a;b", None], pa.string())])

    assert data == b'Email\n""\n"a;b"\n""\n'
    assert len(read_by_arrow(data, ["Email"])) == 3


def test_to_csv_takes_slices_of_a_longer_column():
    text = pa.array(["drop", "keep", "also", "drop"], pa.large_string())

    assert to_csv(["A", "B"], [text[1:3], text[1:3]]) == b"A,B\nkeep,keep\nalso,also\n"


def test_to_csv_without_rows_is_the_header():
    assert to_csv(["A", "B"], [pa.array([], pa.string())] * 2) == b"A,B\n"


@pytest.mark.parametrize("name", ["", "a:b", "a;b", "a|b", "a,b", 'a"b', "a b", "ä", "a\n", "\ufeffa"])
def test_header_with_a_character_that_could_be_a_delimiter_is_refused(name):
    with pytest.raises(MappingError, match="delimiter") as caught:
        to_csv(["Good", name], [pa.array(["x"])] * 2)

    assert caught.value.field == name


def test_header_that_names_a_column_twice_is_refused():
    with pytest.raises(MappingError, match="Two columns"):
        header_bytes(["Email", "Email"])


@pytest.mark.parametrize(
    ("names", "texts"),
    [(["A"], []), (["A"], [pa.array(["x"])] * 2), (["A", "B"], [pa.array(["x"]), pa.array(["x", "y"])])],
)
def test_to_csv_with_columns_that_do_not_fit_is_refused(names, texts):
    with pytest.raises(InputError, match="column"):
        to_csv(names, texts)


def fewest(sizes, header, max_rows, max_bytes):
    """Count the fewest batches by trying every cut."""
    best = [0, *[len(sizes) + 1] * len(sizes)]
    for stop in range(1, len(sizes) + 1):
        for start in range(stop):
            if stop - start <= max_rows and header + sum(sizes[start:stop]) <= max_bytes:
                best[stop] = min(best[stop], best[start] + 1)
    return best[-1]


@settings(deadline=None)
@given(SMALL, st.integers(0, 4), st.integers(1, 5), st.integers(13, 30))
def test_split_makes_the_fewest_batches_of_all_rows_in_order(sizes, header, max_rows, max_bytes):
    batches = split(np.array(sizes, np.int64), header_bytes=header, max_rows=max_rows, max_bytes=max_bytes)

    assert [at for batch in batches for at in range(batch.start, batch.stop)] == list(range(len(sizes)))
    assert all(batch.stop - batch.start <= max_rows for batch in batches)
    assert all(header + sum(sizes[batch]) <= max_bytes for batch in batches)
    assert len(batches) == fewest(sizes, header, max_rows, max_bytes)


@pytest.mark.parametrize(("rows", "lengths"), [(25_000, [25_000]), (25_001, [25_000, 1]), (0, [])])
def test_split_counts_rows_without_the_header(rows, lengths):
    batches = split(np.ones(rows, np.int64), header_bytes=1)

    assert [batch.stop - batch.start for batch in batches] == lengths


def test_split_counts_the_header_in_bytes():
    sizes = np.array([10, 10], np.int64)

    assert split(sizes, header_bytes=5, max_bytes=25) == [slice(0, 2)]
    assert split(sizes, header_bytes=6, max_bytes=25) == [slice(0, 1), slice(1, 2)]


def test_split_counts_bytes_and_not_characters():
    euros = pa.array(["€" * 100] * 10, pa.large_string())
    sizes = row_bytes([euros, euros])

    batches = split(sizes, header_bytes=4, max_bytes=4 + 5 * 602)

    assert batches == [slice(0, 5), slice(5, 10)]
    assert [len(to_csv(["A", "B"], [euros[batch]] * 2)) for batch in batches] == [4 + 5 * 602] * 2


def test_split_names_the_row_that_is_too_large_for_a_file():
    with pytest.raises(InputError, match="position 2 ") as caught:
        split(np.array([5, 5, 99, 5]), header_bytes=2, max_bytes=100)

    assert (caught.value.position, caught.value.size) == (2, 99)


def test_split_without_a_row_in_a_batch_is_refused():
    with pytest.raises(OptionError, match="max_rows_per_job") as caught:
        split(np.array([1]), header_bytes=0, max_rows=0)

    assert caught.value.option == "max_rows_per_job"


def packed(*blocks, name="bf-1.csv", deflater=zlib):
    return pack(["A", "B"], blocks, lambda digest: name, deflater)


DEFLATERS = pytest.mark.parametrize("deflater", [zlib, isal_zlib], ids=["zlib", "igzip"])


BLOCK = [pa.array(["ä,", None] * 999, pa.large_string()), pa.array(["x", "y"] * 999, pa.large_string())]


def test_igzip_is_used_where_it_is_installed():
    assert fastest() is isal_zlib


@DEFLATERS
def test_pack_contains_one_deflated_member_of_1980(deflater):
    made = packed(BLOCK, deflater=deflater)
    archive = zipfile.ZipFile(io.BytesIO(made.body))

    [entry] = archive.infolist()
    assert (entry.filename, entry.date_time, entry.compress_type) == ("bf-1.csv", (1980, 1, 1, 0, 0, 0), 8)
    assert entry.flag_bits & 0x08 == 0
    assert archive.read(entry) == to_csv(["A", "B"], BLOCK)
    assert archive.testzip() is None
    assert entry.file_size == made.csv_bytes


@given(st.lists(st.integers(0, 1998), max_size=5))
def test_pack_contains_the_same_csv_however_the_rows_are_split(cuts):
    edges = [0, *sorted(cuts), 1998]
    made = packed(*[[text.slice(a, b - a) for text in BLOCK] for a, b in pairwise(edges)])

    assert zipfile.ZipFile(io.BytesIO(made.body)).read("bf-1.csv") == to_csv(["A", "B"], BLOCK)


def test_pack_without_rows_is_a_header():
    made = packed()

    assert zipfile.ZipFile(io.BytesIO(made.body)).read("bf-1.csv") == b"A,B\n"
    assert made.csv_bytes == 4


def test_pack_names_the_member_by_the_check_of_the_csv():
    made = pack(["A", "B"], [BLOCK], lambda check: f"bf-{check}.csv")

    assert made.name == f"bf-{zlib.crc32(to_csv(['A', 'B'], BLOCK)):08x}.csv"
    assert zipfile.ZipFile(io.BytesIO(made.body)).namelist() == [made.name]


def test_pack_gives_the_same_bytes_in_another_process():
    code = (
        "import pyarrow as pa, hashlib; from bigin_frames.frames.encoding.csv_zip import *;"
        "made = pack(['A', 'B'], [[pa.array(['ä,', None]), pa.array(['x', 'y'])]], lambda check: 'a.csv');"
        "print(made.csv_bytes, hashlib.sha256(made.body).hexdigest())"
    )
    runs = {subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout for _ in range(2)}  # noqa: S603

    made = packed([pa.array(["ä,", None]), pa.array(["x", "y"])], name="a.csv", deflater=fastest())
    assert runs == {f"{made.csv_bytes} {hashlib.sha256(made.body).hexdigest()}\n".encode()}


@DEFLATERS
def test_pack_whose_zip_another_reader_opens(deflater):
    unzip = shutil.which("unzip")
    if unzip is None:
        pytest.skip("this machine has no unzip")
    with tempfile.NamedTemporaryFile(suffix=".zip") as file:
        file.write(packed(BLOCK, deflater=deflater).body)
        file.flush()
        seen = subprocess.run([unzip, "-p", file.name], capture_output=True, check=True).stdout  # noqa: S603

    assert seen == to_csv(["A", "B"], BLOCK)


@pytest.mark.parametrize(
    "member", ["", "a.txt", "../a.csv", "/a.csv", "a/b.csv", "a\\b.csv", ".csv", "ä.csv", "a.csv\n"]
)
def test_pack_with_a_member_that_is_not_a_plain_name_is_refused(member):
    with pytest.raises(InputError, match="plain file name"):
        packed(BLOCK, name=member)
