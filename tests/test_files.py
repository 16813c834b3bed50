"""Reading digits: the bundled ones, MNIST's IDX files, CSV tables, and the split of each."""

import gzip
import io
import re
import struct
import tracemalloc
import zipfile
from hashlib import sha256

import numpy as np
import pytest

import nnlib
from nnlib.plumbing import mnist, sources, table

HEADER = ",".join(["label", *(f"pixel{k}" for k in range(784))])


def one_sentence(error):
    """Hold an error's text to what a user should see, and return it."""
    text = str(error.value)
    assert "\n" not in text and text.endswith(".") and "Errno" not in text, text
    return text


def fingerprints(X):
    """One number an image, so that parts can be compared as sets."""
    return {sha256(np.round(row * 255).astype(np.uint8).tobytes()).digest() for row in X}


# ---------------------------------------------------------------- the bundled digits


def test_bundled_digits_have_the_sizes_types_and_range_promised(digits):
    parts = [(digits.X_train, digits.y_train), (digits.X_valid, digits.y_valid)]
    for (X, y), m in zip([*parts, (digits.X_test, digits.y_test)], (3500, 500, 1000)):
        assert X.shape == (m, 784) and y.shape == (m,)
        assert X.dtype == np.float64 and y.dtype == np.int64
        assert X.min() == 0 and X.max() == 1
        assert np.bincount(y).tolist() == [m // 10] * 10
        assert (np.diff(y) < 0).mean() > 0.3, "still sorted by label"
    assert "5,000" in digits.name
    assert "3,500 to train, 500 to validate, 1,000 to test" in repr(digits)


def test_no_bundled_image_is_in_two_parts_and_each_keeps_its_label(digits):
    pixels, labels = sources.read_bundled()
    wanted = {row.tobytes(): label for row, label in zip(pixels, labels)}
    assert len(wanted) == 5000  # no image is there twice, so that bytes can stand for an image
    found = {}
    for part in ("train", "valid", "test"):
        X, y = getattr(digits, f"X_{part}"), getattr(digits, f"y_{part}")
        for row, label in zip(np.round(X * 255).astype(np.uint8), y):
            assert row.tobytes() not in found
            found[row.tobytes()] = label
    assert found == wanted


def test_the_seed_alone_decides_the_bundled_split(digits):
    again, other = nnlib.load_digits(), nnlib.load_digits(seed=1)
    np.testing.assert_array_equal(again.X_train, digits.X_train)
    np.testing.assert_array_equal(again.y_test, digits.y_test)
    assert (other.y_train != digits.y_train).any()
    assert fingerprints(other.X_test) != fingerprints(digits.X_test)


def test_options_of_the_bundled_digits():
    digits = nnlib.load_digits(n_valid=1000, dtype=np.float32)
    assert [len(digits.y_train), len(digits.y_valid), len(digits.y_test)] == [3000, 1000, 1000]
    assert np.bincount(digits.y_valid).tolist() == [100] * 10
    assert digits.X_train.dtype == digits.X_test.dtype == np.float32


@pytest.mark.parametrize("n_valid", [4000, 4999, 10**9])
def test_a_validation_part_that_leaves_nothing_to_train_is_refused(n_valid):
    with pytest.raises(ValueError, match="5,000 digits") as error:
        nnlib.load_digits(n_valid=n_valid)
    assert "too few" in one_sentence(error)


# ---------------------------------------------------------------- MNIST's IDX files


def idx(array):
    """Return an array of bytes in the IDX format, written here by its definition."""
    header = struct.pack(">BBBB", 0, 0, 8, array.ndim) + struct.pack(
        f">{array.ndim}I", *array.shape
    )
    return header + array.astype(np.uint8).tobytes()


def small_mnist(m_train=60, m_test=20, seed=0):
    """Return four arrays like MNIST's, only fewer, by the names of MNIST's files."""
    rng = np.random.default_rng(seed)
    arrays = []
    for m in (m_train, m_test):
        arrays += [rng.integers(0, 256, (m, 28, 28), np.uint8), rng.integers(0, 10, m, np.uint8)]
    return dict(zip(mnist.MNIST_FILES, arrays))


@pytest.fixture
def mnist_folder(tmp_path, monkeypatch):
    """A data folder with a small MNIST in it, and a failure of the test on any download."""
    folder = tmp_path / "data"
    folder.mkdir()
    arrays = small_mnist()
    monkeypatch.setattr(mnist, "MNIST_FILES", {n: ("0" * 64, a.shape) for n, a in arrays.items()})
    monkeypatch.setattr(mnist, "download_folder", lambda: folder)
    monkeypatch.setattr(mnist, "MIRRORS", ())
    monkeypatch.delenv("NNLIB_DATA_DIR", raising=False)
    for name, array in arrays.items():
        (folder / name).write_bytes(gzip.compress(idx(array)))
    return folder


def test_small_mnist_keeps_its_order_and_its_official_split(mnist_folder, monkeypatch):
    monkeypatch.setattr("nnlib.plumbing.sources.MNIST_FILES", mnist.MNIST_FILES)
    X, y, X_test, y_test = small_mnist().values()
    digits = nnlib.load_digits("mnist", n_valid=7)
    scaled = (X.reshape(60, 784) / np.float32(255)).astype(np.float32)
    np.testing.assert_array_equal(digits.X_train, scaled[:53])
    np.testing.assert_array_equal(digits.X_valid, scaled[53:])
    np.testing.assert_array_equal(digits.y_train, y[:53])
    np.testing.assert_array_equal(digits.y_valid, y[53:])
    np.testing.assert_array_equal(np.round(digits.X_test * 255), X_test.reshape(20, 784))
    np.testing.assert_array_equal(digits.y_test, y_test)
    assert digits.X_train.dtype == digits.X_test.dtype == np.float32
    assert digits.y_train.dtype == digits.y_test.dtype == np.int64
    assert nnlib.load_digits("mnist", n_valid=7, dtype=np.float64).X_train.dtype == np.float64


@pytest.mark.parametrize("n_valid", [60, 61])
def test_mnist_refuses_to_leave_nothing_to_train(mnist_folder, monkeypatch, n_valid):
    monkeypatch.setattr("nnlib.plumbing.sources.MNIST_FILES", mnist.MNIST_FILES)
    with pytest.raises(ValueError, match=f"60 to train; it is {n_valid}") as error:
        nnlib.load_digits("mnist", n_valid=n_valid)
    one_sentence(error)


def test_unpacked_files_are_read_as_well_as_gzipped_ones(mnist_folder):
    packed = mnist.read_mnist()
    for path in list(mnist_folder.iterdir()):
        path.with_suffix("").write_bytes(gzip.decompress(path.read_bytes()))
        path.unlink()
    assert mnist.have_mnist()
    for (X, y), (X_raw, y_raw) in zip(packed, mnist.read_mnist()):
        np.testing.assert_array_equal(X, X_raw)
        np.testing.assert_array_equal(y, y_raw)
        assert X_raw.dtype == y_raw.dtype == np.uint8


def test_data_is_looked_into_before_the_folder_of_the_environment(
    mnist_folder, tmp_path, monkeypatch
):
    elsewhere, other = tmp_path / "room", small_mnist(seed=1)
    elsewhere.mkdir()
    monkeypatch.setenv("NNLIB_DATA_DIR", str(elsewhere))
    for name, array in other.items():
        (elsewhere / name).write_bytes(gzip.compress(idx(array)))
    images, labels = list(small_mnist())[:2]
    assert mnist.find_file(images) == mnist_folder / images
    (mnist_folder / images).unlink()
    assert mnist.find_file(images) == elsewhere / images
    assert mnist.find_file(labels) == mnist_folder / labels
    (X, y), _ = mnist.read_mnist()
    np.testing.assert_array_equal(X, other[images].reshape(60, 784))
    np.testing.assert_array_equal(y, small_mnist()[labels])


def test_have_mnist_wants_all_four_files(mnist_folder, monkeypatch):
    assert mnist.have_mnist()
    for name in mnist.MNIST_FILES:
        content = (mnist_folder / name).read_bytes()
        (mnist_folder / name).unlink()
        assert not mnist.have_mnist(), name
        (mnist_folder / name).write_bytes(content)
    monkeypatch.setenv("NNLIB_DATA_DIR", "/no/such/folder")
    assert mnist.have_mnist()


def test_the_data_folder_is_the_checkouts():
    folder = mnist.download_folder()
    assert folder.name == "data" and (folder.parent / "pyproject.toml").exists()


IMAGES, LABELS = list(mnist.MNIST_FILES)[:2]


def gz(content):
    return gzip.compress(content, mtime=0)


def flipped(content, at):
    damaged = bytearray(content)
    damaged[at] ^= 0xFF
    return bytes(damaged)


BAD_IDX = {  # what is wrong: (file, its content from the good array, words expected)
    "gz cut short": (IMAGES, lambda a: gz(idx(a))[:-2000], "damaged or incomplete"),
    "gz without its checksum": (IMAGES, lambda a: gz(idx(a))[:-8], "damaged or incomplete"),
    "gz altered": (IMAGES, lambda a: flipped(gz(idx(a)), 3000), "damaged or incomplete"),
    "gz checksum wrong": (IMAGES, lambda a: flipped(gz(idx(a)), -5), "damaged or incomplete"),
    "a web page named .gz": (IMAGES, lambda a: b"<html>", "a web page"),
    "gz of nothing": (LABELS, lambda a: gz(b""), "not MNIST's"),
    "empty file": (LABELS, lambda a: b"", "not MNIST's"),
    "raw cut short": (IMAGES[:-3], lambda a: idx(a)[:-1], "not MNIST's"),
    "raw too long": (IMAGES[:-3], lambda a: idx(a) + b"\0", "not MNIST's"),
    "raw of nothing": (LABELS[:-3], lambda a: b"", "not MNIST's"),
    "type is not bytes": (LABELS, lambda a: gz(flipped(idx(a), 2)), "not MNIST's"),
    "axes are not 3": (IMAGES, lambda a: gz(idx(a.reshape(60, 784))), "not MNIST's"),
    "axes swapped": (IMAGES, lambda a: gz(idx(a.reshape(28, 60, 28))), "not MNIST's"),
    "another length": (LABELS, lambda a: gz(idx(a[:-1])), "not MNIST's"),
    "little-endian": (LABELS, lambda a: gz(b"\0\0\x08\1\x3c\0\0\0" + a.tobytes()), "not MNIST's"),
    "a label of 10": (LABELS, lambda a: gz(idx(np.where(a == 9, 10, a))), "a label above 9"),
}


@pytest.mark.parametrize("what", BAD_IDX)
def test_a_bad_idx_file_ends_in_one_sentence_that_names_it(mnist_folder, what):
    name, spoil, words = BAD_IDX[what]
    packed = name if name.endswith(".gz") else f"{name}.gz"
    (mnist_folder / packed).unlink()
    (mnist_folder / name).write_bytes(spoil(small_mnist()[packed]))
    with pytest.raises(ValueError) as error:
        mnist.read_mnist()
    text = one_sentence(error)
    assert words in text and str(mnist_folder / name) in text
    assert "good copy" in text, "nothing says what to do"


# ---------------------------------------------------------------- full MNIST


def test_full_mnist_is_in_its_official_order(mnist):
    assert mnist.X_train.shape == (55000, 784) and mnist.X_valid.shape == (5000, 784)
    assert mnist.X_test.shape == (10000, 784)
    assert mnist.y_train[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert mnist.y_test[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    counts = np.bincount(mnist.y_train) + np.bincount(mnist.y_valid)
    assert counts.tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(mnist.y_test).tolist() == [
        980,
        1135,
        1032,
        1010,
        982,
        892,
        958,
        1028,
        974,
        1009,
    ]
    for X in (mnist.X_train, mnist.X_valid, mnist.X_test):
        assert X.dtype == np.float32 and X.min() == 0 and X.max() == 1


def test_full_mnist_takes_validation_from_the_end_and_little_memory(mnist):
    tracemalloc.start()
    try:
        digits = nnlib.load_digits("mnist", n_valid=1000)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    whole = 70_000 * 784 * 4
    assert whole < peak <= 2 * whole
    assert [len(digits.y_train), len(digits.y_valid), len(digits.y_test)] == [59000, 1000, 10000]
    np.testing.assert_array_equal(digits.y_valid, mnist.y_valid[-1000:])
    np.testing.assert_array_equal(digits.X_valid, mnist.X_valid[-1000:])
    np.testing.assert_array_equal(digits.X_train[55000:], mnist.X_valid[:4000])


# ---------------------------------------------------------------- CSV


def some_digits(m=100, seed=0):
    """Return labels, 10 of each in 100, and pixels with empty corners, as MNIST's."""
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (m, 784), np.uint8)
    pixels[:, [0, 27, 756, 783]] = 0
    return (np.arange(m) * 7 % 10).astype(np.uint8), pixels


def csv_text(labels, pixels, header=HEADER, last=False):
    """Return the text of a CSV file; `header` may be None."""
    columns = [pixels, labels[:, None]] if last else [labels[:, None], pixels]
    rows = [",".join(map(str, row)) for row in np.hstack(columns).tolist()]
    return "\n".join(([header] if header else []) + rows) + "\n"


def spoiled(row, column, cell, header=HEADER):
    """Return a CSV's text with one cell replaced; rows and columns count from 1."""
    lines = csv_text(*some_digits(), header).splitlines()
    line = row if header else row - 1
    cells = lines[line].split(",")
    cells[column - 1] = cell
    lines[line] = ",".join(cells)
    return "\n".join(lines) + "\n"


def write(folder, content, name="digits.csv"):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def zipped(*members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members:
            archive.writestr(name, text)
    return stream.getvalue()


def indexed(text, name=None):
    """Return a CSV's text with the numbers of its rows before them."""
    lines = text.splitlines()
    head = [] if name is None else [f"{name},{lines.pop(0)}"]
    return "\n".join(head + [f"{k},{line}" for k, line in enumerate(lines)])


LABEL_LAST = HEADER.removeprefix("label,") + ",class"
GOOD = {  # how the table is written: (file name, text from labels and pixels)
    "header": ("a.csv", lambda y, X: csv_text(y, X)),
    "no header": ("a.csv", lambda y, X: csv_text(y, X, None)),
    "label last": ("a.csv", lambda y, X: csv_text(y, X, LABEL_LAST, last=True)),
    "label last, no header": ("a.csv", lambda y, X: csv_text(y, X, None, last=True)),
    "header in capitals": ("a.csv", lambda y, X: csv_text(y, X, HEADER.upper())),
    "header with spaces": ("a.csv", lambda y, X: csv_text(y, X, HEADER.replace("label", " y "))),
    "header quoted": ("a.csv", lambda y, X: csv_text(y, X, '"' + HEADER.replace(",", '","') + '"')),
    "header that says nothing": (
        "a.csv", lambda y, X: csv_text(y, X, ",".join(f"c{k}" for k in range(785)), last=True),
    ),
    "header of numbers": ("a.csv", lambda y, X: csv_text(y, X, ",".join(map(str, range(785))))),
    "label, then numbers": ("a.csv", lambda y, X: csv_text(y, X, HEADER.replace("pixel", ""))),
    "Windows line ends": ("a.csv", lambda y, X: csv_text(y, X).replace("\n", "\r\n")),
    "byte order mark": ("a.csv", lambda y, X: "\ufeff" + csv_text(y, X, None)),
    "byte order mark, header": ("a.csv", lambda y, X: "\ufeff" + csv_text(y, X)),
    "no line end at the end": ("a.csv", lambda y, X: csv_text(y, X).rstrip()),
    "blank lines": ("a.csv", lambda y, X: csv_text(y, X).replace("\n", "\n\n")),
    "gz": ("a.csv.gz", lambda y, X: gz(csv_text(y, X).encode())),
    "zip": ("a.zip", lambda y, X: zipped(("train.csv", csv_text(y, X)))),
    "zip of no header": ("a.csv.zip", lambda y, X: zipped(("t.csv", csv_text(y, X, None, True)))),
    "name in capitals": ("A.CSV.GZ", lambda y, X: gz(csv_text(y, X).encode())),
    "semicolons": ("a.csv", lambda y, X: csv_text(y, X).replace(",", ";")),
    "tabs": ("a.tsv", lambda y, X: csv_text(y, X, None).replace(",", "\t")),
    "an index": ("a.csv", lambda y, X: indexed(csv_text(y, X), "")),
    "an index, no header": ("a.csv", lambda y, X: indexed(csv_text(y, X, None))),
    "gz named .csv": ("a.csv", lambda y, X: gz(csv_text(y, X).encode())),
    "plain named .gz": ("a.csv.gz", lambda y, X: csv_text(y, X)),
    "UTF-16": ("a.csv", lambda y, X: csv_text(y, X).encode("utf-16")),
    "decimals that are whole": ("a.csv", lambda y, X: re.sub(r"\b255\b", "255.0", csv_text(y, X))),
}  # fmt: skip


@pytest.mark.parametrize("how", GOOD)
def test_a_csv_is_read_however_it_is_written(tmp_path, how):
    name, text = GOOD[how]
    labels, pixels = some_digits()
    X, y = table.read_csv(write(tmp_path, text(labels, pixels), name))
    np.testing.assert_array_equal(X, pixels)
    np.testing.assert_array_equal(y, labels)
    assert X.dtype == y.dtype == np.uint8


@pytest.mark.parametrize("last", [False, True])
def test_without_names_labels_are_found_beside_a_corner_that_is_not_always_empty(tmp_path, last):
    labels, pixels = some_digits()
    pixels[7, [0, 783]] = [200, 3]  # a speck of ink in one image
    path = write(tmp_path, csv_text(labels, pixels, None, last))
    np.testing.assert_array_equal(table.read_csv(path)[1], labels)
    pixels[:, [0, 783]] = 255  # white paper
    path = write(tmp_path, csv_text(labels, pixels, None, last))
    np.testing.assert_array_equal(table.read_csv(path)[1], labels)


@pytest.mark.parametrize("name", ["label", "Label", "CLASS", " y ", "digit"])
def test_a_name_in_the_header_decides_whatever_the_values_look_like(tmp_path, name):
    labels, pixels = some_digits()
    pixels[:, 0] = 5  # looks more like labels than labels do: some of those are 0
    header = HEADER.removeprefix("label,") + "," + name
    X, y = table.read_csv(write(tmp_path, csv_text(labels, pixels, header, last=True)))
    np.testing.assert_array_equal(y, labels)
    np.testing.assert_array_equal(X, pixels)


CELL = "is not a whole number from 0 to 255"
ROWS = csv_text(*some_digits()).splitlines()
BAD_CSV = {  # what is wrong: (content, words expected beside the file's name)
    "blank cell": (spoiled(3, 6, ""), ["row 3, column 6", CELL]),
    "blank cell, no header": (spoiled(3, 6, "", None), ["row 3, column 6", CELL]),
    "text": (spoiled(100, 785, "ink"), ["row 100, column 785", "'ink'", CELL]),
    "text in the first row": (spoiled(1, 2, "ink"), ["row 1, column 2", "'ink'"]),
    "text in a first row without header": (spoiled(1, 9, "ink", None), ["row 1, column 9"]),
    "label as a word": (spoiled(1, 1, "seven", None), ["row 1, column 1", "'seven'"]),
    "256": (spoiled(5, 785, "256"), ["row 5, column 785", "'256'", CELL]),
    "511, which is 255 in a byte": (spoiled(5, 9, "511", None), ["row 5, column 9", "'511'"]),
    "negative": (spoiled(1, 2, "-1"), ["row 1, column 2", "'-1'", CELL]),
    "decimal": (spoiled(9, 700, "0.5"), ["row 9, column 700", "'0.5'", CELL]),
    "256.0": (spoiled(9, 700, "256.0"), ["row 9, column 700", "'256.0'", CELL]),
    "65541, which is 5 in 16 bits": (spoiled(6, 7, "65541"), ["row 6, column 7", "'65541'"]),
    "2**32 + 5": (spoiled(6, 7, "4294967301"), ["row 6, column 7", "'4294967301'"]),
    "2**64 + 5": (spoiled(6, 7, str(2**64 + 5)), ["row 6, column 7", f"'{2**64 + 5}'"]),
    "too long for 64 bits": (spoiled(2, 2, "9" * 30), ["row 2, column 2", CELL]),
    "NaN": (spoiled(2, 2, "NaN"), ["row 2, column 2", "'NaN'", CELL]),
    "infinity": (spoiled(2, 2, "inf"), ["row 2, column 2", "'inf'", CELL]),
    "beside whole decimals": (spoiled(3, 4, "x").replace(",7,", ",7.0,"), ["row 3, column 4"]),
    "after a byte order mark": ("\ufeff" + spoiled(4, 4, "x", None), ["row 4, column 4", "'x'"]),
    "after blank lines": (spoiled(4, 4, "x").replace("\n", "\n\n"), ["row 4, column 4"]),
    "label 10": (spoiled(8, 1, "10"), ["row 8, column 1", "label is 10", "0 to 9"]),
    "label 12, no header": (spoiled(8, 1, "12", None), ["row 8, column 1", "label is 12"]),
    "784 columns": ("\n".join(r.split(",", 1)[1] for r in ROWS), ["784", "785", "label"]),
    "a row short": (
        "\n".join([*ROWS[:4], ROWS[4].rsplit(",", 1)[0]]), ["row 4: 784 values instead of 785"],
    ),
    "a row long": ("\n".join([*ROWS[:4], ROWS[4] + ",0"]), ["row 4: 786 values instead of 785"]),
    "the first row long": (
        "\n".join([HEADER, ROWS[1] + ",0", *ROWS[2:]]), ["row 1: 786 values instead of 785"],
    ),
    "every row long": (
        "\n".join([HEADER, *(r + ",0" for r in ROWS[1:])]), ["row 1: 786 values instead of 785"],
    ),
    "cut off": ("\n".join(ROWS)[:-700], ["row 100", "instead of 785"]),
    "empty": ("", ["is empty"]),
    "blank": ("\n\n \n", ["empty"]),
    "header only": (HEADER + "\n", ["header but no rows"]),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8, ["is a picture"]),
    "a lone quote": ('"' + "\n".join(ROWS), ["not a table"]),
    "bytes in the middle": (
        "\n".join(ROWS).encode().replace(ROWS[50][:40].encode(), b"\xff\xfe" * 20), ["not a text"],
    ),
    "no labels": (
        "\n".join(",".join(["77"] * 785) for _ in range(20)), ["no labels", "first", "last"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD_CSV)
def test_a_bad_csv_ends_in_one_sentence_that_names_file_row_and_column(tmp_path, what):
    content, words = BAD_CSV[what]
    path = write(tmp_path, content)
    with pytest.raises(ValueError) as error:
        table.read_csv(path)
    text = one_sentence(error)
    for word in [str(path), *words]:
        assert word in text


@pytest.mark.parametrize("cell", ["256", "-1", "x", ""])
@pytest.mark.parametrize("row", [30, 31, 100])
def test_a_table_longer_than_what_is_read_at_a_time_is_the_same(tmp_path, monkeypatch, row, cell):
    """Every pandas: those before 3.1 read 256 as 0 and -1 as 255 where bytes are asked for."""
    monkeypatch.setattr(table, "CHUNK", 30)
    labels, pixels = some_digits()
    X, y = table.read_csv(write(tmp_path, csv_text(labels, pixels)))
    np.testing.assert_array_equal(X, pixels)
    np.testing.assert_array_equal(y, labels)
    with pytest.raises(ValueError, match=f"row {row}, column 9: '{cell}' {CELL}"):
        table.read_csv(write(tmp_path, spoiled(row, 9, cell)))


GZ, ZIP = gz(csv_text(*some_digits()).encode()), zipped(("t.csv", csv_text(*some_digits())))
BAD_PACKED = {  # what is wrong: (name, content, words expected)
    "gz cut short": ("a.csv.gz", GZ[:-100], "damaged or incomplete"),
    "gz cut to its head": ("a.csv.gz", GZ[:6], "damaged or incomplete"),
    "gz altered": ("a.csv.gz", flipped(GZ, len(GZ) // 2), "damaged or incomplete"),
    "text named gz": ("a.csv.gz", "5,0,0", "it begins with '5,0,0'"),
    "gz of nothing": ("a.csv.gz", gz(b""), "is empty"),
    "zip cut short": ("a.zip", ZIP[:-100], "damaged or incomplete"),
    "zip altered": ("a.zip", flipped(ZIP, len(ZIP) // 2), "damaged or incomplete"),
    "text named zip": ("a.zip", "5,0,0", "it begins with '5,0,0'"),
    "zip with a wrong checksum": (
        "a.zip", ZIP.replace(ZIP[14:18], bytes(4)), "damaged or incomplete",
    ),
    "zip of nothing": ("a.zip", zipped(), "0 files"),
    "zip of two": ("a.zip", zipped(("train.csv", "5"), ("test.csv", "5")), "2 files"),
    "zip of a bad table": ("a.zip", zipped(("t.csv", spoiled(3, 6, "x"))), "row 3, column 6: 'x'"),
    "gz of a bad table": ("a.csv.gz", gz(spoiled(3, 6, "").encode()), "row 3, column 6: ''"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD_PACKED)
def test_a_bad_packed_csv_ends_in_one_sentence(tmp_path, what):
    name, content, words = BAD_PACKED[what]
    path = write(tmp_path, content, name)
    with pytest.raises(ValueError) as error:
        table.read_csv(path)
    text = one_sentence(error)
    assert words in text and str(path) in text


def test_an_encrypted_zip_is_named_as_such(tmp_path):
    content = bytearray(ZIP)
    content[6] |= 1  # the flag "encrypted", in the member's header …
    content[content.rfind(b"PK\x01\x02") + 8] |= 1  # … and in the directory
    path = write(tmp_path, bytes(content), "a.zip")
    with pytest.raises(ValueError, match="encrypted") as error:
        table.read_csv(path)
    assert str(path) in one_sentence(error)


def test_a_csv_that_is_not_there_says_where_it_was_looked_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for source in ("train.csv", "mnits", str(tmp_path), tmp_path / "train.csv"):
        with pytest.raises(FileNotFoundError) as error:
            nnlib.load_digits(source)
        text = one_sentence(error)
        assert str(source) in text and str(tmp_path.parent) in text
        assert "'bundled', 'mnist' or the path of a CSV" in text


def test_a_csv_is_split_70_10_20_by_class(tmp_path):
    labels, pixels = some_digits(400)
    path = write(tmp_path, csv_text(labels, pixels))
    digits = nnlib.load_digits(path)
    assert np.bincount(digits.y_train).tolist() == [28] * 10
    assert np.bincount(digits.y_valid).tolist() == [4] * 10
    assert np.bincount(digits.y_test).tolist() == [8] * 10
    assert digits.X_train.dtype == np.float32 and digits.name == str(path)
    parts = [fingerprints(X) for X in (digits.X_train, digits.X_valid, digits.X_test)]
    assert set.union(*parts) == fingerprints(pixels / 255) and sum(map(len, parts)) == 400
    np.testing.assert_array_equal(nnlib.load_digits(str(path)).y_train, digits.y_train)
    assert (nnlib.load_digits(path, seed=1).y_train != digits.y_train).any()
    label_of = {row.tobytes(): label for row, label in zip(pixels, labels)}
    for row, label in zip(np.round(digits.X_test * 255).astype(np.uint8), digits.y_test):
        assert label_of[row.tobytes()] == label


def test_a_csv_with_few_of_a_class_still_has_every_image_once(tmp_path):
    labels, pixels = some_digits(103)
    labels[:60] = 3  # unbalanced, and no multiple of ten
    digits = nnlib.load_digits(write(tmp_path, csv_text(labels, pixels)), n_valid=20)
    sizes = [len(digits.y_train), len(digits.y_valid), len(digits.y_test)]
    assert sum(sizes) == 103 and abs(sizes[1] - 20) <= 3 and abs(sizes[2] - 21) <= 3


@pytest.mark.parametrize("m", [1, 2, 4, 9])
def test_a_csv_too_small_to_split_is_refused(tmp_path, m):
    path = write(tmp_path, csv_text(*some_digits(m)))
    with pytest.raises(ValueError, match="too few") as error:
        nnlib.load_digits(path)
    assert str(path) in one_sentence(error)
