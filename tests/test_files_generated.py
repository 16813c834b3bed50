"""The readers of digits, held to some thousand generated inputs: the digits, or one sentence."""

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile

import numpy as np
import pytest
from conftest import GENERATED

from nnlib.plumbing.answers import read_pixels
from nnlib.plumbing.table import read_parts

hypothesis = pytest.importorskip(
    "hypothesis", reason="hypothesis is a dev dependency: pip install -e '.[dev]'"
)
from hypothesis import HealthCheck, given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

CALM = {
    "derandomize": True, "deadline": None, "database": None,
    "suppress_health_check": list(HealthCheck),
}  # fmt: skip
M = 12
RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (M, 784), np.uint8) * (RNG.random((M, 784)) < 0.2).astype(np.uint8)
PIXELS[:, [0, 27, 756, 783]] = 0
LABELS = (np.arange(M) * 7 % 10 + 3).astype(np.uint8) % 10


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("read") / "digits.csv"


def counted(name):
    """Count one more, for the line at the end of the run."""
    GENERATED[f"files {name}"] = GENERATED.get(f"files {name}", 0) + 1


def sentence(error, path):
    """Hold an error to what a user should see."""
    text = str(error)
    assert str(path) in text and len(text) <= 330 and "\n" not in text and text.endswith("."), text
    for foreign in ("Errno", "allow_pickle", "Traceback", "loadtxt", "codec", "delete", "Delete"):
        assert foreign not in text, text


# ---------------------------------------------------------------- tables that are good

CELLS = {  # how a pixel is written
    "whole": str,
    "decimal": lambda p: f"{p}.0",
    "share": lambda p: f"{p / 255:.6f}",
    "exponent": lambda p: f"{p:e}",
}


@st.composite
def tables(draw):
    """A table of PIXELS and LABELS, written in one of very many ways."""
    between = draw(st.sampled_from([",", ";", "\t", "|", " ", ", ", " , "]))
    cell = CELLS[draw(st.sampled_from(list(CELLS)))]
    rows = [[cell(int(p)) for p in row] for row in PIXELS]
    names = [f"pixel{k}" for k in range(784)]
    header, index = draw(st.booleans()), draw(st.booleans())
    at = draw(st.integers(0, 784)) if header else draw(st.sampled_from([0, 784]))
    if header and draw(st.booleans()):  # sorted by name, as some tools write them
        order = sorted(range(784), key=names.__getitem__)
        rows, names = [[row[k] for k in order] for row in rows], [names[k] for k in order]
    for row, y in zip([names, *rows], [draw(st.sampled_from(["label", "Class", "y"])), *LABELS]):
        row.insert(at, str(y))
    if index:
        start = draw(st.integers(0, 1000))
        blank = "id" if between == " " else draw(st.sampled_from(["", "id", "Unnamed: 0"]))
        for row, k in zip([names, *rows], [blank, *range(start, start + M)]):
            row.insert(0, str(k))
    lines = [names, *rows] if header else rows
    if draw(st.booleans()):
        lines = [[f'"{cell}"' for cell in row] for row in lines]
    if draw(st.booleans()) and between in (";", "\t", "|"):
        lines = [[cell.replace(".", ",") for cell in row] for row in lines]
    tail = between.strip() * draw(st.integers(0, 2))
    end = draw(st.sampled_from(["\n", "\r\n", "\r", "\n\n"]))
    text = end.join(between.join(row) + tail for row in lines) + end * draw(st.integers(0, 2))
    return text, draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"]))


def zipped(content, name="train.csv"):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"digits/{name}", content)
        archive.writestr(f"__MACOSX/digits/._{name}", b"Mac OS X")
    return stream.getvalue()


def tarred(content):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name in ("digits/train.csv", "digits/._train.csv"):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return stream.getvalue()


PACKED = {
    "not": lambda content: content,
    "gzip": lambda content: gzip.compress(content, 1),
    "bzip2": bz2.compress,
    "xz": lambda content: lzma.compress(content, preset=0),
    "zip": zipped,
    "tar.gz": tarred,
    "gz in zip": lambda content: zipped(gzip.compress(content, 1)),
    "zip in zip": lambda content: zipped(zipped(content), "a.zip"),
}


@pytest.mark.filterwarnings("error::DeprecationWarning", "ignore:Generating overly large")
def test_any_way_to_write_a_table_gives_the_same_digits(place):
    @settings(max_examples=500, **CALM)
    @given(tables(), st.sampled_from(list(PACKED)))
    def check(written, packing):
        counted("tables")
        text, encoding = written
        place.write_bytes(PACKED[packing](text.encode(encoding)))
        ((X, y),), _ = read_parts(place)
        np.testing.assert_array_equal(y, LABELS)
        np.testing.assert_allclose(X, PIXELS, rtol=0, atol=2e-4)

    check()


# ---------------------------------------------------------------- cells that are bad


def plain(rows, header=True):
    names = [",".join(["label", *(f"pixel{k}" for k in range(784))])] if header else []
    return "\n".join(names + [",".join(map(str, row)) for row in rows]) + "\n"


GOOD = np.column_stack([LABELS, PIXELS]).tolist()


def test_any_bad_cell_is_named_with_row_and_column(place):
    bad = st.one_of(
        st.integers(256, 10**30).map(str), st.integers(-(10**30), -1).map(str),
        st.sampled_from(["", " ", "x", "nan", "inf", "-inf", "0x1F", "5_0", "٣", "1e400", "--1",
                         "1 2", "½", "True1", "N/A", "#REF!", "1e-3x", "-", "+", "."]),
        st.text(st.characters(blacklist_characters=',;\t|"\r\n\0', blacklist_categories=("Cs",)),
                min_size=1, max_size=60).filter(lambda t: not numeric(t)),
    )  # fmt: skip

    @settings(max_examples=900, **CALM)
    @given(st.integers(0, M - 1), st.integers(1, 783), bad, st.booleans())
    def check(row, column, cell, header):
        counted("cells")
        rows = [list(cells) for cells in GOOD]
        rows[row][column] = cell
        place.write_text(plain(rows, header), encoding="utf-8", newline="")
        with pytest.raises(ValueError) as error:
            read_parts(place)
        sentence(error.value, place)
        assert f"row {row + 1}, column {column + 1}: " in str(error.value)

    check()


def numeric(text):
    """Whether a text may stand for a pixel, or for the name of the labels."""
    try:
        return text.isascii() and "_" not in text and 0 <= float(text.strip() or "x") <= 255
    except ValueError:
        low = text.strip().lower()
        return low in ("true", "false", "label", "labels", "class", "target", "digit", "y")


def test_any_bad_row_is_named(place):
    @settings(max_examples=300, **CALM)
    @given(st.integers(1, M - 1), st.integers(-784, 40).filter(bool), st.booleans())
    def check(row, more, header):
        counted("rows")
        rows = [list(cells) for cells in GOOD]
        rows[row] = rows[row][:more] if more < 0 else rows[row] + [7] * more
        place.write_text(plain(rows, header))
        with pytest.raises(ValueError) as error:
            read_parts(place)
        sentence(error.value, place)
        assert f"row {row + 1}: {785 + more} values instead of 785" in str(error.value)

    check()


# ---------------------------------------------------------------- damage, and what is no digits


def idx(array):
    head = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    return head + array.tobytes()


def npz():
    stream = io.BytesIO()
    np.savez(stream, x_train=PIXELS, y_train=LABELS)
    return stream.getvalue()


def four():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in [("train-images.idx3-ubyte", PIXELS.reshape(-1, 28, 28)),
                            ("train-labels.idx1-ubyte", LABELS)]:  # fmt: skip
            archive.writestr(name, idx(array))
    return stream.getvalue()


WHOLE = {
    **{name: pack(plain(GOOD).encode()) for name, pack in PACKED.items()},
    "npz": npz(), "idx": four(), "tar": gzip.decompress(tarred(plain(GOOD).encode())),
    "utf-16": plain(GOOD).encode("utf-16"),
}  # fmt: skip


def damages(whole):
    """Return a strategy of what may happen to a file's bytes."""
    at = st.integers(0, len(whole) - 1)
    piece = st.binary(min_size=1, max_size=40)
    return st.one_of(
        st.tuples(at, piece).map(lambda d: whole[: d[0]] + d[1] + whole[d[0] + len(d[1]) :]),
        st.tuples(at, piece).map(lambda d: whole[: d[0]] + d[1] + whole[d[0] :]),
        st.tuples(at, at).map(lambda d: whole[: min(d)] + whole[max(d) :]),
        st.tuples(st.integers(0, min(600, len(whole) - 1)), st.integers(1, 255)).map(
            lambda d: whole[: d[0]] + bytes([whole[d[0]] ^ d[1]]) + whole[d[0] + 1 :]
        ),
        st.tuples(st.integers(1, min(300, len(whole))), st.integers(1, 255)).map(
            lambda d: whole[: -d[0]] + bytes([whole[-d[0]] ^ d[1]]) + whole[len(whole) - d[0] + 1 :]
        ),
        at.map(lambda k: whole[:k]),
    )


CHECKED = ("gzip", "bzip2", "xz", "zip", "gz in zip", "zip in zip", "npz", "idx", "tar.gz")


@pytest.mark.parametrize("form", list(WHOLE))
def test_any_damage_is_a_sentence_or_digits(place, form):
    """What carries a checksum gives the very digits, or a sentence; the rest gives what it says."""

    @settings(max_examples=170, **CALM)
    @given(damages(WHOLE[form]))
    def check(content):
        counted("damaged")
        place.write_bytes(content)
        try:
            ((X, y), *_), _ = read_parts(place)
        except (ValueError, OSError) as error:
            sentence(error, place)
        else:
            assert X.shape == (len(y), 784) and y.max() <= 9 and 0 <= X.min() <= X.max() <= 255
            if form in CHECKED:
                assert (y == LABELS).all() and (X == PIXELS).all()

    check()


BEGINNINGS = [
    b"", b"\x1f\x8b", b"BZh9", b"\xfd7zXZ\0", b"PK\3\4", b"PK\5\6", b"\xff\xfe", b"\xfe\xff",
    b"\0\0\x08\3", b"\0\0\x0d\1\0\0\0\5", b"\x93NUMPY\1\0", b"\x93NUMPY\3\0\x10\0", b"% % % % %",
    bytes(257) + b"ustar", b"\x80\4", b"\xef\xbb\xbf", b'"', b"sep=", b"1,2,3\n" * 3, b"0," * 700,
    b"label" + b",p" * 784, b"label" + b",p" * 784 + b"\n" + b"5,0", b" 0" * 785,
]  # fmt: skip


def test_any_bytes_are_a_sentence(place):
    @settings(max_examples=900, **CALM)
    @given(st.sampled_from(BEGINNINGS), st.binary(max_size=300), st.booleans())
    def check(start, rest, labelled):
        counted("bytes")
        place.write_bytes(start + rest)
        with pytest.raises((ValueError, OSError)) as error:
            read_parts(place) if labelled else read_pixels(place)
        sentence(error.value, place)

    check()
