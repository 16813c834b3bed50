"""The files that people have: each row of the table of forms, folders, archives, dialects."""

import bz2
import gzip
import io
import lzma
import re
import struct
import tarfile
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

import nnlib
from nnlib.plumbing import mnist
from nnlib.plumbing.answers import read_pixels
from nnlib.plumbing.forms import FORMS
from nnlib.plumbing.table import read_csv, read_parts

RNG = np.random.default_rng(0)
LABELS = (np.arange(100) * 7 % 10).astype(np.uint8)
PIXELS = (RNG.integers(0, 256, (100, 784)) * (RNG.random((100, 784)) < 0.2)).astype(np.uint8)
PIXELS[:, [0, 27, 756, 783]] = 0
TRAIN, TEST = (PIXELS[:80], LABELS[:80]), (PIXELS[80:], LABELS[80:])
NAMES = [f"pixel{k}" for k in range(784)]


def csv(pixels=PIXELS, labels=LABELS, names=("label", *NAMES)):
    table = np.column_stack([labels, pixels]) if labels is not None else pixels
    head = [",".join(names)] if names else []
    return "\n".join(head + [",".join(map(str, row)) for row in table.tolist()]) + "\n"


def idx(array):
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


def npz(**arrays):
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def zipped(files):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def tarred(files, mode="w:gz"):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as archive:
        for name, content in files.items():
            content = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return stream.getvalue()


def write(folder, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def refused(source, *words, **options):
    """Load what can't be loaded; return the sentence, which holds the words."""
    with pytest.raises((ValueError, OSError)) as error:
        nnlib.load_digits(source, **options)
    text = str(error.value)
    assert text.endswith(".") and "\n" not in text and len(text) <= 300 + len(str(source)), text
    assert "elete" not in text and "Errno" not in text, text
    for word in words:
        assert re.search(word, text), text
    return text


# ---------------------------------------------------------------- the table of forms

FIRST = b"PK\3\4" + bytes(26)
BEGINNINGS = {  # a form that is refused: how such files begin
    "empty": [b"", b" \n\n"],
    "an Excel workbook": [FIRST + b"[Content_Types].xml", FIRST + b"xl/workbook.xml"],
    "a spreadsheet": [FIRST + b"mimetypeapplication/vnd.oasis", FIRST + b"Index/Document.iwa"],
    "a PyTorch file": [FIRST + b"archive/data.pkl", FIRST + b"mnist/byteorder"],
    "an IDX file": [b"\0\0\x08\3" + bytes(12), idx(PIXELS.reshape(-1, 28, 28)), idx(LABELS)],
    "one NumPy array": [b"\x93NUMPY\1\0"],
    "an old Excel workbook": [b"\xd0\xcf\x11\xe0\xa1\xb1"],
    "a Parquet or Arrow file": [b"PAR1\x15", b"ARROW1\0\0", b"FEA1", b"ORC"],
    "a MATLAB file": [b"MATLAB 5.0 MAT-file"],
    "an HDF5 or MATLAB 7.3 file": [b"\x89HDF\r\n"],
    "a pickle": [b"\x80\4\x95", b"\x80\2}", b"(lp0\nI1", b"cnumpy.core.multiarray\n"],
    "packed with zstd": [b"\x28\xb5\x2f\xfd"],
    "an archive of a kind that isn't read here": [b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\7", b"LZIP"],
    "a picture": [b"\x89PNG\r\n", b"\xff\xd8\xff\xe0", b"GIF89a", b"P5\n28 28", b"II*\0"],
    "a document": [b"%PDF-1.7", b"{\\rtf1"],
    "a data file of another program": [b"SQLite format 3", b"RDX3", b"<?xml version", b'[{"label"'],
    "a git-lfs pointer, not the file itself": [b"version https://git-lfs.github.com/spec/v1"],
    "a web page, perhaps a login": [b"<!DOCTYPE html><p>Sign in", b"\n<html>"],
    "an address, not the data": [b"https://example.org/train.csv", b"s3://digits/train.csv"],
    "an ARFF table": [b"% digits\n@RELATION mnist", b"@relation x"],
    "a LIBSVM table": [b"5 153:3 154:18 155:18 156:126"],
    "text": [b"5,0,0,0", b"label,x\n5,0", b"% % " * 40],
    "no text file": [b"\0\1\2\3", bytes(999)],
}
OPENED = {  # a form that is opened: the digits in it
    "gzip": gzip.compress(csv().encode()),
    "bzip2": bz2.compress(csv().encode()),
    "xz": lzma.compress(csv().encode()),
    "UTF-16": csv().encode("utf-16"),
    "UTF-16, least byte first": csv().encode("utf-16-le"),
    "UTF-16, highest byte first": csv().encode("utf-16-be"),
    "zip": zipped({"train.csv": csv()}),
    "tar": tarred({"train.csv": csv()}, "w"),
    "table": csv().encode(),
}
KINDS = {kind: how for _, kind, how in FORMS}


def test_every_row_of_the_table_of_forms_is_tried():
    assert set(BEGINNINGS) | set(OPENED) == set(KINDS) and len(KINDS) == len(FORMS)
    assert {kind for kind, how in KINDS.items() if callable(how)} | {"table"} == set(OPENED)


@pytest.mark.parametrize("name", ["digits.csv", "digits.csv.gz", "digits"])
@pytest.mark.parametrize("kind", BEGINNINGS)
def test_what_is_refused_is_named_by_its_first_bytes_with_a_cure(tmp_path, kind, name):
    for content in BEGINNINGS[kind]:
        (tmp_path / name).write_bytes(content)
        text = refused(tmp_path / name)
        cure = "save images and labels" if kind == "one NumPy array" else KINDS[kind]
        assert text.startswith(f"{tmp_path / name} is {kind}") and cure in text, text
        (tmp_path / name).write_bytes(gzip.compress(content))
        assert f" is {kind}" in refused(tmp_path / name), "packed, it is the same"


@pytest.mark.parametrize("name", ["digits.csv", "digits.zip", "digits"])
@pytest.mark.parametrize("kind", OPENED)
def test_what_is_opened_gives_the_digits_whatever_it_is_called(tmp_path, kind, name):
    (tmp_path / name).write_bytes(OPENED[kind])
    X, y = read_csv(tmp_path / name)
    assert (X == PIXELS).all() and (y == LABELS).all() and X.dtype == y.dtype == np.uint8


def test_the_page_on_data_has_the_table_of_forms():
    page = (Path(__file__).parent.parent / "data" / "README.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", page, re.MULTILINE))
    for kind, how in KINDS.items():
        wanted = "opened" if callable(how) else "read" if kind == "table" else how
        assert told[kind] == wanted, kind


# ---------------------------------------------------------------- folders and archives

FOUR = {
    "train-images-idx3-ubyte": idx(TRAIN[0].reshape(-1, 28, 28)),
    "train-labels-idx1-ubyte": idx(TRAIN[1]),
    "t10k-images-idx3-ubyte": idx(TEST[0].reshape(-1, 28, 28)),
    "t10k-labels-idx1-ubyte": idx(TEST[1]),
}
PAIR = {"mnist_train.csv": csv(*TRAIN), "mnist_test.csv": csv(*TEST)}
KERAS = {"x_train": TRAIN[0].reshape(-1, 28, 28), "y_train": TRAIN[1],
         "x_test": TEST[0].reshape(-1, 28, 28), "y_test": TEST[1]}  # fmt: skip


def dotted(name):
    return name.replace("-idx", ".idx")


APART = {  # files with a part of their own to test with
    "four": FOUR,
    "four, packed": {f"{name}.gz": gzip.compress(c) for name, c in FOUR.items()},
    "four, packed, without .gz": {name: gzip.compress(c) for name, c in FOUR.items()},
    "four, unpacked, with .gz": {f"{name}.gz": c for name, c in FOUR.items()},
    "dots": {dotted(name): c for name, c in FOUR.items()},
    "nested": {f"archive/{name}/{name}": c for name, c in FOUR.items()},
    "torchvision": {f"MNIST/raw/{name}{end}": pack(c) for name, c in FOUR.items()
                    for end, pack in (("", bytes), (".gz", gzip.compress))},
    "Kaggle's archive": {path: c for name, c in FOUR.items()
                         for path in (f"{name}/{name}", dotted(name))},
    "another set beside MNIST": {f"{folder}/raw/{name}": c if folder[0] == "M" else c[:-1] + b"a"
                                 for folder in ("FashionMNIST", "MNIST")
                                 for name, c in FOUR.items()},
    "a pair": PAIR,
    "a pair and a page": PAIR | {"README.md": "# Digits\nA pair of tables."},
    "a pair, by folders": {"train/digits.csv": csv(*TRAIN), "test/digits.csv": csv(*TEST)},
    "a pair, packed": {f"{name}.gz": gzip.compress(c.encode()) for name, c in PAIR.items()},
    "Keras": {"mnist.npz": npz(**KERAS)},
    "arrays": {f"k-{name}.npz": npz(arr_0=array) for name, array in KERAS.items()},
    "shares": {"mnist.npz": npz(**{n: a / 255 if a.ndim > 1 else a for n, a in KERAS.items()})},
    "columns first": {"mnist.npz": npz(**{n: np.asfortranarray(a) for n, a in KERAS.items()})},
    "a channel": {"mnist.npz": npz(**{n: a[..., None].astype(np.int64) for n, a in KERAS.items()})},
}  # fmt: skip


@pytest.mark.parametrize("pack", ["folder", "zip", "tar.gz", "zip in a zip"])
@pytest.mark.parametrize("what", APART)
def test_images_to_test_with_stay_apart(tmp_path, what, pack):
    files = APART[what]
    source = write(tmp_path / "source", files)
    if pack != "folder":
        content = tarred(files) if pack == "tar.gz" else zipped(files)
        source = tmp_path / "source.bin"
        source.write_bytes(zipped({"inside.zip": content}) if "in a" in pack else content)
    parts, _ = read_parts(source)
    assert len(parts) == 2
    for (X, y), (X_wanted, y_wanted) in zip(parts, (TRAIN, TEST)):
        np.testing.assert_allclose(X, X_wanted, atol=1e-4)
        np.testing.assert_array_equal(y, y_wanted)
    digits = nnlib.load_digits(source)
    assert [len(digits.y_train), len(digits.y_valid), len(digits.y_test)] == [70, 10, 20]
    np.testing.assert_array_equal(digits.y_test, TEST[1])
    both = np.concatenate([digits.X_train, digits.X_valid])
    order = [int(np.abs(TRAIN[0] / 255 - x).sum(axis=1).argmin()) for x in both]
    assert sorted(order) == list(range(80))
    np.testing.assert_array_equal(np.concatenate([digits.y_train, digits.y_valid]), TRAIN[1][order])


MAC = {"__MACOSX/._train.csv": "Mac OS X", "._train.csv": "Mac", ".DS_Store": "\0\0\0\1Bud1"}
ONE = {  # files of which one table, or one pair of arrays, is taken
    "Kaggle's": {"train.csv": csv(), "test.csv": csv(labels=None, names=NAMES),
                 "sample_submission.csv": "ImageId,Label\n1,0\n"},
    "a Mac's": MAC | {"train.csv": csv()},
    "a Mac's folder": {f"__MACOSX/digits/._{n}": "x" for n in "ab"} | {"digits/train.csv": csv()},
    "beside other texts": {"train.csv": csv(), "LICENSE": "Do what you like.", "a.py": "print(1)"},
    "packed and unpacked": {"train.csv": csv(), "train.csv.gz": gzip.compress(csv().encode())},
    "X and y": {"data.npz": npz(X=PIXELS, y=LABELS.astype(np.int64))},
    "labels as a column": {"data.npz": npz(X=PIXELS, y=LABELS[:, None])},
    "images and labels": {"my-images": idx(PIXELS.reshape(-1, 28, 28)), "my-labels": idx(LABELS)},
}  # fmt: skip


@pytest.mark.parametrize("pack", ["folder", "zip", "tar"])
@pytest.mark.parametrize("what", ONE)
def test_one_set_among_other_files_is_split(tmp_path, what, pack, capsys):
    source = write(tmp_path / "source", ONE[what])
    if pack != "folder":
        source = tmp_path / "source.csv"
        source.write_bytes(zipped(ONE[what]) if pack == "zip" else tarred(ONE[what], "w"))
    ((X, y),), _ = read_parts(source)
    assert (X == PIXELS).all() and (y == LABELS).all()
    assert nnlib.load_digits(source).name == str(source)


def test_a_test_table_without_labels_is_left_out_in_words(tmp_path, capsys):
    write(tmp_path, {"train.csv": csv(), "test.csv": csv(labels=None, names=NAMES)})
    assert len(nnlib.load_digits(tmp_path).y_test) == 20
    assert (
        "test.csv" in (err := capsys.readouterr().err) and "left out" in err and "--answers" in err
    )


BAD_SETS = {  # files: words of the sentence
    "images to train with, labels to test with": (
        {n: FOUR[n] for n in ("train-images-idx3-ubyte", "t10k-labels-idx1-ubyte")},
        "don't belong together.*train-images.*t10k-labels"),
    "three of the four": (
        {n: c for n, c in FOUR.items() if "t10k-labels" not in n}, "don't belong together"),
    "images alone": ({n: c for n, c in FOUR.items() if "images" in n}, "no digits with labels"),
    "fewer labels": (
        FOUR | {"train-labels-idx1-ubyte": idx(TRAIN[1][:-1])}, "79 labels.*80 images"),
    "cut short": (
        FOUR | {"t10k-images-idx3-ubyte": FOUR["t10k-images-idx3-ubyte"][:-1]}, "incomplete"),
    "objects": ({"mnist.npz": npz(x=PIXELS, y=LABELS.astype(object))}, "Python objects.*run code"),
    "words": ({"mnist.npz": npz(x=PIXELS, y=LABELS.astype(str))}, "objects or text"),
    "other keys": ({"a.npz": npz(a=np.zeros(3), b=np.zeros((2, 5)))}, "a.npy is one NumPy"),
    "a network": ({"w.npz": npz(W1=np.zeros((784, 10)), b1=np.zeros(10))}, "no digits with labels"),
    "images without number": ({"a.npz": npz(x=np.full((9, 784), np.nan), y=np.arange(9))}, "'nan'"),
    "two tables": ({"a.csv": csv(), "b.csv": csv()}, "several such files.*a.csv, b.csv"),
    "pictures by class": (
        {f"{k}/{n}.png": b"\x89PNG\r\n" for k in range(10) for n in range(3)},
        "30 files.*0/0.png is a picture: .*read_images"),
    "very many": ({f"{k}.png": b"\x89PNG\r\n" for k in range(300)}, "over 200 files.*read_images"),
    "a page": ({"a/readme": "text"}, "is text"),
    "a login": ({"train.csv": "<html>"}, "web page"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD_SETS)
def test_what_is_no_set_of_digits_is_a_sentence(tmp_path, what):
    files, words = BAD_SETS[what]
    refused(write(tmp_path / "source", files), words)
    (tmp_path / "a.zip").write_bytes(zipped(files))
    refused(tmp_path / "a.zip", words.replace(".*read_images", "") if "200" in words else words)


def test_a_folder_of_nothing_and_one_of_everything(tmp_path, monkeypatch):
    refused(tmp_path, "There is no file", "has none", "'bundled', 'mnist'")
    monkeypatch.chdir(tmp_path)
    write(tmp_path, {"train.csv": csv()})
    assert len(nnlib.load_digits(".").y_train) == 70
    (tmp_path / "below").symlink_to(tmp_path)  # a folder in itself
    assert len(nnlib.load_digits(tmp_path).y_train) == 70


def test_the_home_folder_is_found(tmp_path, monkeypatch):
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    write(tmp_path, {"train.csv": csv()})
    assert len(nnlib.load_digits("~/train.csv").y_train) == 70


def test_other_files_called_as_mnists_are_loaded_and_said_so_once(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(mnist, "download_folder", lambda: tmp_path / "none")
    write(tmp_path / "room", {f"sub/{dotted(name)}": c for name, c in FOUR.items()})
    monkeypatch.setenv("NNLIB_DATA_DIR", str(tmp_path / "room"))
    assert mnist.have_mnist()
    for source in ("mnist", tmp_path / "room"):
        digits = nnlib.load_digits(source, n_valid=7)
        assert "not MNIST's own files" in digits.name and len(digits.y_test) == 20
        err = capsys.readouterr().err
        assert err.count("not MNIST's own files") == 1 and err.count("\n") == 1


def test_full_mnist_is_itself_in_any_form(mnist, tmp_path, capsys):  # noqa: F811
    X = np.round(np.concatenate([mnist.X_train, mnist.X_valid]) * 255).astype(np.uint8)
    y = np.concatenate([mnist.y_train, mnist.y_valid])
    X_test = np.round(mnist.X_test * 255).astype(np.uint8).reshape(-1, 28, 28)
    path = tmp_path / "mnist.npz"
    np.savez(path, x_train=X.reshape(-1, 28, 28), y_train=y, x_test=X_test, y_test=mnist.y_test)
    digits = nnlib.load_digits(path)
    np.testing.assert_array_equal(digits.X_train, mnist.X_train)
    np.testing.assert_array_equal(digits.y_valid, mnist.y_valid)
    assert capsys.readouterr().err == ""


# ---------------------------------------------------------------- tables in other dialects


CROSSED = [f"{k // 28 + 1}x{k % 28 + 1}" for k in range(784)]
DIALECTS = {  # how the table is written: (its text, a word of what is told)
    "semicolons": (csv().replace(",", ";"), None),
    "tabs": (csv().replace(",", "\t"), None),
    "bars": (csv(names=None).replace(",", "|"), None),
    "blanks": (csv(names=None).replace(",", " "), None),
    "blanks, names": (csv().replace(",", "  "), None),
    "np.savetxt": (
        re.sub(r"(\d+)", r"\1.000000000000000000e+00", csv(names=None)).replace(",", " "), None),
    "spaces": (csv().replace(",", " , "), None),
    "quotes": ('"' + csv().strip().replace(",", '","').replace("\n", '"\n"') + '"', None),
    "trailing commas": (csv().replace("\n", ",\n"), None),
    "three of them": (csv(names=None).replace("\n", ",,,\n"), None),
    "CRLF and a mark": ("\ufeff" + csv().replace("\n", "\r\n"), None),
    "old Mac": (csv().replace("\n", "\r"), None),
    "sep=,": ("sep=,\n" + csv(), None),
    "sep=; quoted": ('"sep=;"\n' + csv().replace(",", ";"), None),
    "decimal commas": (re.sub(r"\b(\d+)\b", r"\1,00", csv(names=None).replace(",", ";")), None),
    "an index": (",".join(["", "label", *NAMES]) + "\n" + csv(
        np.column_stack([LABELS, PIXELS]), np.arange(100), None), "counts the rows"),
    "an index from 1, no names": (
        csv(np.column_stack([LABELS, PIXELS]), np.arange(1, 101), None), "counts the rows"),
    "R's index": (csv().split("\n")[0] + "\n" + csv(
        np.column_stack([LABELS, PIXELS]), np.arange(1, 101), None), "counts the rows"),
    "a shuffled index": (csv(np.column_stack([LABELS, PIXELS]), RNG.permutation(100) + 500,
                             ["Unnamed: 0", "label", *NAMES]), "counts the rows"),
    "label in the middle": (csv(
        np.insert(PIXELS, 300, LABELS, axis=1), None, NAMES[:300] + ["label"] + NAMES[300:]), None),
    "another name for it": (csv(
        np.insert(PIXELS, 9, LABELS, axis=1), None, NAMES[:9] + ["Ziffer"] + NAMES[9:]), None),
    "sorted by name": (csv(PIXELS[:, sorted(range(784), key=NAMES.__getitem__)], LABELS,
                           ["label", *sorted(NAMES)]), "order of their numbers"),
    "sorted rows and columns": (csv(
        PIXELS[:, sorted(range(784), key=CROSSED.__getitem__)], LABELS,
        ["label", *sorted(CROSSED)]),
        "order of their numbers"),
    "whole decimals": (csv(PIXELS.astype(float), LABELS.astype(float)), None),
    "shares": (csv(np.round(PIXELS / 255, 6)), "1 is taken for full ink"),
    "shares, no names": (csv(np.round(PIXELS / 255, 4), names=None), "1 is taken for full ink"),
}  # fmt: skip


@pytest.mark.parametrize("what", DIALECTS)
def test_a_table_is_read_in_any_dialect_and_what_is_assumed_is_told(tmp_path, what, capsys):
    text, told = DIALECTS[what]
    for name, content in (("a.csv", text.encode()), ("b.gz", gzip.compress(text.encode("utf-16")))):
        (tmp_path / name).write_bytes(content)
        X, y = read_csv(tmp_path / name)
        np.testing.assert_array_equal(y, LABELS)
        np.testing.assert_allclose(X, PIXELS, rtol=0, atol=0.02)
        err = capsys.readouterr().err
        assert told in err and err.count("\n") == 1 if told else err == "", err


@pytest.mark.parametrize("words", [("True", "False"), ("true", "false"), ("TRUE", "FALSE"), "10"])
@pytest.mark.parametrize("names", [("label", *NAMES), None])
def test_ink_or_none_is_full_ink_or_none_and_no_first_row_is_lost(tmp_path, words, names, capsys):
    ink = PIXELS > 0
    cells = np.where(ink, words[0], words[1]).astype(object)
    (tmp_path / "a.csv").write_text(csv(cells, LABELS.astype(object), names))
    X, y = read_csv(tmp_path / "a.csv")
    assert (X == 255 * ink).all() and (y == LABELS).all() and X.dtype == np.uint8
    assert "1 is taken for full ink (255)" in capsys.readouterr().err


def test_a_row_of_which_pandas_made_names_is_a_row_again(tmp_path, capsys):
    import pandas as pd

    (tmp_path / "a.csv").write_text(csv(names=None))
    pd.read_csv(tmp_path / "a.csv").to_csv(tmp_path / "b.csv", index=False)
    first = (tmp_path / "b.csv").read_text().split("\n")[0]
    assert "0.1,0.2,0.3" in first
    X, y = read_csv(tmp_path / "b.csv")
    assert (X == PIXELS).all() and (y == LABELS).all()
    assert "pandas made names" in capsys.readouterr().err
    lines = (tmp_path / "b.csv").read_text().split("\n")
    lines[0] = "label," + lines[0].split(",", 1)[1]
    (tmp_path / "c.csv").write_text("\n".join(lines))
    assert (read_csv(tmp_path / "c.csv")[0] == PIXELS[1:]).all()


def with_index(pixels, names=None):
    return csv(pixels, np.arange(len(pixels)), names)


ONE_HOT = np.eye(10, dtype=int)[LABELS]
BAD_TABLES = {  # (text, words)
    "no labels": (csv(labels=None, names=NAMES), "784 of the 785.*without labels.*--answers"),
    "no labels, an index": (with_index(PIXELS), "counts the rows.*--answers"),
    "an index for a pixel": (
        with_index(np.column_stack([PIXELS[:, :783], LABELS]), ["", *NAMES[1:], "label"]),
        "counts the rows"),
    "an index for a pixel, no names": (
        with_index(np.column_stack([PIXELS[:, :783], LABELS])), "counts the rows"),
    "one-hot": (csv(np.column_stack([PIXELS, ONE_HOT]), None, None), "one-hot"),
    "one-hot, first": (csv(np.column_stack([ONE_HOT, PIXELS]), None, None), "one-hot"),
    "8 × 8": (csv(PIXELS[:, :64], names=None), "8 × 8"),
    "labels as words": (
        re.sub(r"\n\d", "\nseven", csv()), "row 1, column 1: 'seven'.*classes as numbers"),
    "standardised": (csv(np.round(PIXELS / 9.0 - 0.4, 4)), "row 1, column 2: '-0.4'"),
    "decimals above 1": (csv(PIXELS / 2.0), r"row \d+, column \d+: '\d+.5' is not a whole"),
    "one label": (csv(labels=np.full(100, 3)), "every label is 3"),
    "one label, last, no names": (
        csv(np.column_stack([PIXELS, LABELS * 0]), None, None), "look alike|every label is 0"),
    "letters": (csv(labels=np.arange(100) % 26 + 1, names=None), "give n_classes=27"),
    "letters, named": (csv(labels=np.arange(100) % 26), "label is 10.*give n_classes=26"),
    "wraps": (csv().replace(",255", ",511", 1), r"row \d+, column \d+: '511'"),
    "an open quotation mark": ('"' + csv(), "quotation mark"),
    "names alone, sep": ("sep=,\n" + ",".join(["label", *NAMES]), "header but no rows"),
    "a long line": ("5" + ",0" * 3_000_000, "too long|values"),
    "a column too many": (csv(np.column_stack([PIXELS, PIXELS[:, 0]]), names=None), "786 of the"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD_TABLES)
def test_a_table_that_would_be_misread_is_a_sentence(tmp_path, what):
    text, words = BAD_TABLES[what]
    (tmp_path / "a.csv").write_text(text)
    refused(tmp_path / "a.csv", words)


def test_what_looks_like_counting_may_be_labels(tmp_path):
    (tmp_path / "a.csv").write_text(csv(PIXELS[:10], np.arange(10), None))
    X, y = read_csv(tmp_path / "a.csv")
    assert (y == np.arange(10)).all() and (X == PIXELS[:10]).all()


def test_n_classes_reads_letters(tmp_path):
    labels = np.arange(100) % 5 + 22
    (tmp_path / "a.csv").write_text(csv(labels=labels))
    digits = nnlib.load_digits(tmp_path / "a.csv", n_classes=27)
    assert set(digits.y_train) == set(range(22, 27))
    refused(tmp_path / "a.csv", "n_classes=27")
    refused(tmp_path / "a.csv", "n_classes must be", n_classes=1)
    write(
        tmp_path / "set", {"i": idx(PIXELS.reshape(-1, 28, 28)), "l": idx(labels.astype(np.uint8))}
    )
    assert nnlib.load_digits(tmp_path / "set", n_classes=27).y_train.max() == 26
    refused(tmp_path / "set", "give n_classes=27")


def test_images_that_are_loaded_already_are_for_digits():
    import pandas as pd

    for source in (PIXELS, pd.DataFrame(PIXELS), [PIXELS], None):
        refused_text = refused_source(source)
        assert "nnlib.Digits" in refused_text and "source" in refused_text


def refused_source(source):
    with pytest.raises(ValueError) as error:
        nnlib.load_digits(source)
    text = str(error.value)
    assert text.endswith(".") and "\n" not in text and len(text) <= 300
    return text


@pytest.mark.parametrize("kind", OPENED)
def test_answers_go_through_the_same_door(tmp_path, kind):
    text = csv(labels=None, names=NAMES).replace(",", ";")
    content = {
        "zip": lambda: zipped({"t.csv": text}), "tar": lambda: tarred({"t.csv": text}, "w"),
        "gzip": lambda: gzip.compress(text.encode()), "table": text.encode,
        "bzip2": lambda: bz2.compress(text.encode()),
        "xz": lambda: lzma.compress(text.encode()),
        "UTF-16": lambda: text.encode("utf-16"),
        "UTF-16, least byte first": lambda: text.encode("utf-16-le"),
        "UTF-16, highest byte first": lambda: text.encode("utf-16-be"),
    }[kind]()  # fmt: skip
    (tmp_path / "test").write_bytes(content)
    assert (read_pixels(tmp_path / "test") == PIXELS).all()


# ---------------------------------------------------------------- memory


def bomb(write, n=2**28):
    """Let something write n zeros after the names of a table."""
    write((",".join(["label", *NAMES]) + "\n").encode())
    line = ("5" + ",0" * 784 + "\n").encode() * 1000
    for _ in range(n // len(line)):
        write(line)


BOMBS = {
    "gz": lambda path: bomb_in(gzip.open(path, "wb", 9)),  # noqa: SIM115
    "bz2": lambda path: path.write_bytes(30 * bz2.compress(whole(2**23))),  # 30 streams are one
    "xz": lambda path: bomb_in(lzma.open(path, "wb", preset=0)),  # noqa: SIM115
    "zip": lambda path: zip_bomb(path, zipfile.ZIP_DEFLATED, "train.csv"),
    "npz": lambda path: zip_bomb(path, zipfile.ZIP_DEFLATED, "x_train.npy"),
    "zip by bzip2": lambda path: zip_bomb(path, zipfile.ZIP_BZIP2, "train.csv", 2**20),
}


def bomb_in(file):
    with file:
        bomb(file.write)


def zip_bomb(path, method, name, n=2**28):
    with zipfile.ZipFile(path, "w", method) as archive, archive.open(name, "w") as file:
        bomb(file.write, n)


def whole(n):
    """Return what `bomb` writes."""
    file = io.BytesIO()
    bomb(file.write, n)
    return file.getvalue()


@pytest.mark.parametrize("what", BOMBS)
def test_what_unpacks_into_far_too_much_is_a_sentence_in_little_memory(tmp_path, what):
    BOMBS[what](tmp_path / "digits.csv")
    tracemalloc.start()
    try:
        refused(tmp_path / "digits.csv", "unpacks to over 100 times|packed in a way not read")
        assert tracemalloc.get_traced_memory()[1] < 50e6
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", ["idx", "npy"])
def test_a_header_that_tells_of_terabytes_costs_none(tmp_path, kind):
    head = struct.pack(">BBBBIII", 0, 0, 8, 3, 2**31, 28, 28)
    if kind == "npy":
        stream = io.BytesIO()
        told = {"shape": (2**40, 784), "fortran_order": False, "descr": "|u1"}
        np.lib.format.write_array_header_1_0(stream, told)
        head = stream.getvalue()
    write(tmp_path / "a", {"x": head + bytes(999), "y": idx(LABELS)})
    tracemalloc.start()
    try:
        refused(tmp_path / "a", "incomplete")
        assert tracemalloc.get_traced_memory()[1] < 50e6
    finally:
        tracemalloc.stop()


def test_many_classes_do_not_wrap_and_no_name_is_no_folder(tmp_path, monkeypatch):
    labels = (np.arange(100) % 4 * 100).astype(np.int64)
    (tmp_path / "a.npz").write_bytes(npz(X=PIXELS, y=labels))
    assert set(nnlib.load_digits(tmp_path / "a.npz", n_classes=301).y_train) == {0, 100, 200, 300}
    monkeypatch.chdir(write(tmp_path, {"train.csv": csv()}))
    refused("", "There is no file .* 'bundled', 'mnist'")


def test_mnist_is_found_among_very_many_files(tmp_path, monkeypatch):
    monkeypatch.setattr(mnist, "download_folder", lambda: tmp_path / "none")
    monkeypatch.setenv("NNLIB_DATA_DIR", str(tmp_path))
    write(tmp_path, {f"a{k}.txt": "" for k in range(500)} | FOUR)
    assert mnist.have_mnist()
