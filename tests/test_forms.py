"""What a file is, by its first bytes; and tables that were once misread in silence."""

import lzma

import numpy as np
import pytest

from nnlib import load_digits
from nnlib.plumbing.table import read_csv

BEGINNINGS = {
    "an Excel workbook": b"PK\3\4" + bytes(26) + b"[Content_Types].xml",
    "one NumPy array": b"\x93NUMPY\1\0",
    "an old Excel workbook": b"\xd0\xcf\x11\xe0",
    "a Parquet or Arrow file": b"PAR1\x15",
    "a MATLAB file": b"MATLAB 5.0 MAT-file",
    "an HDF5 or MATLAB 7.3 file": b"\x89HDF\r\n",
    "a pickle": b"\x80\4\x95",
    "packed with zstd": b"\x28\xb5\x2f\xfd",
    "an archive of a kind": b"7z\xbc\xaf\x27\x1c",
    "a picture": b"\x89PNG\r\n",
    "a document": b"%PDF-1.7",
    "a git-lfs pointer": b"version https://git-lfs.github.com/spec/v1",
    "a web page": b"<!DOCTYPE html><p>Sign in",
    "an address": b"https://example.org/train.csv",
    "an ARFF table": b"% digits\n@RELATION mnist",
    "an IDX file": b"\0\0\x08\3" + bytes(12),
}


@pytest.mark.parametrize("kind", BEGINNINGS)
def test_the_first_bytes_name_the_kind_whatever_the_file_is_called(tmp_path, kind):
    path = tmp_path / "digits.csv"
    path.write_bytes(BEGINNINGS[kind] + b"\n")
    with pytest.raises(ValueError) as error:
        load_digits(path)
    words = str(error.value)
    assert f"{path} is {kind}" in words and len(words) <= 300 + len(str(path))


def table(path, labels, pixels, column=0):
    names = [f"p{i}" for i in range(784)]
    names.insert(column, "label")
    rows = np.insert(pixels, column, labels, axis=1)
    np.savetxt(path, rows, "%d", ",", header=",".join(names), comments="")
    return path


def test_a_label_column_is_found_by_its_name_wherever_it_stands(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 99, (20, 784))
    got, labels = read_csv(table(tmp_path / "d.csv", np.arange(20) % 10, pixels, 300))
    assert np.array_equal(labels, np.arange(20) % 10) and np.array_equal(got, pixels)


def test_a_single_label_value_is_refused(tmp_path):
    with pytest.raises(ValueError, match="every label is 3"):
        read_csv(table(tmp_path / "d.csv", np.full(20, 3), np.zeros((20, 784))))


def test_pixels_of_0_and_1_are_scaled_and_inverted_ink_is_told(tmp_path, capsys):
    bits = np.random.default_rng(0).integers(0, 2, (20, 784))
    got, _ = read_csv(table(tmp_path / "d.csv", np.arange(20) % 10, bits))
    assert np.array_equal(got, 255 * bits)
    read_csv(table(tmp_path / "e.csv", np.arange(20) % 10, np.full((20, 784), 200)))
    assert "looks inverted" in capsys.readouterr().err


def test_a_damaged_xz_is_one_sentence_and_a_url_is_told_apart(tmp_path):
    path = tmp_path / "d.csv.xz"
    path.write_bytes(lzma.compress(b"0,1\n" * 999)[:40])
    with pytest.raises(ValueError, match="damaged"):
        read_csv(path)
    with pytest.raises(ValueError, match="is an address"):
        load_digits("https://example.org/train.csv")
