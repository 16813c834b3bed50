"""Plumbing: tables of digits: a CSV with a label and 784 pixels a row.

Readers return raw pixels 0…255 as uint8, so that memory is spent on real numbers only where they
are wanted.
"""

import gzip
import lzma
import sys
import tarfile
import zipfile
import zlib
from pathlib import Path

import numpy as np

from nnlib.plumbing.forms import Refused, peeled, refusal

DAMAGE = (
    EOFError, gzip.BadGzipFile, lzma.LZMAError, tarfile.TarError, zipfile.BadZipFile, zlib.error
)  # fmt: skip
CHUNK = 4000  # rows that are held as 64-bit numbers at a time; the rest are bytes already


def read_csv(path):
    """Read a table of digits: 784 pixels 0…255 and a label 0…9 a row, label first or last.

    A header line may be there or not; the file may be .csv, .csv.gz or .zip (with one CSV in it).
    Returns pixels (m, 784) and labels (m,), both uint8.
    """
    import pandas as pd

    path = Path(path).expanduser()
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {path}; looked in {path.resolve().parent}.")
    try:
        check_form(path)
        names, table = read_table(path)
    except Refused as error:
        raise ValueError(f"{path} {error}.") from None
    except NotImplementedError:
        raise ValueError(f"{path} is packed in a way not read here: unpack it first.") from None
    except pd.errors.EmptyDataError:
        raise ValueError(f"{path} is empty: a label and 784 pixels a row are needed.") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not a text file: a CSV of digits is needed.") from None
    except pd.errors.ParserError as error:
        raise ValueError(f"{path} is not a table ({str(error).splitlines()[0]}).") from None
    except DAMAGE as error:
        raise ValueError(
            f"{path} is damaged or incomplete ({first_line(error)}): fetch it again."
        ) from None
    if len(table) == 0:
        raise ValueError(f"{path} has a header but no rows.")
    column = label_column(path, names, table)
    labels, pixels = table[:, column], np.delete(table, column, axis=1)
    if len(labels) > 1 and labels.min() == labels.max():
        raise ValueError(
            f"{path}: every label is {labels[0]} in column {column + 1}, so there is nothing to "
            "tell apart; if the labels are in another column, name that one 'label'."
        )
    if labels.max() > 9:
        row = int(np.flatnonzero(labels > 9)[0])
        raise ValueError(
            f"{path}, row {row + 1}, column {column + 1}: the label is {labels[row]}; "
            "labels go from 0 to 9."
        )
    if len(labels) > 9 and pixels.max() == 1:
        pixels *= 255  # ink or none: not nearly black
    if len(labels) > 9 and pixels.mean() > 127:
        print(f"{path} looks inverted: MNIST's ink is bright on black (0).", file=sys.stderr)
    return pixels, labels


def first_line(error):
    """Return the first line of an error's words."""
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(":")


def read_table(path):
    """Return the names in a CSV's header, or None where it has none, and its rows as uint8."""
    import pandas as pd

    check_packing(path)
    start = pd.read_csv(path, header=None, nrows=1, dtype=str, keep_default_na=False)
    names = list(start.iloc[0])
    if len(names) != 785:
        raise ValueError(
            f"{path} does not hold digits: its first line has {len(names)} of the 785 values "
            "needed, a label and 784 pixels, with commas between them."
        )
    names = names if is_header(names) else None
    try:
        with np.errstate(invalid="ignore"):  # an infinity in a cell: first_fault names it
            header = None if names is None else 0
            # not dtype=np.uint8: pandas before 3.1 would read 256 as 0, and -1 as 255
            parts = pd.read_csv(path, header=header, dtype=np.int64, chunksize=CHUNK)
            with parts:
                return names, np.concatenate([as_bytes(part) for part in parts])
    except (ValueError, OverflowError):
        raise ValueError(first_fault(path, names)) from None


def as_bytes(part):
    """Return the rows of a DataFrame as uint8; raise a ValueError where they are no bytes."""
    import pandas as pd

    rows = part.to_numpy()
    if not isinstance(part.index, pd.RangeIndex):  # a cell too many in every row
        raise ValueError
    if rows.size and not (rows.min() >= 0 and rows.max() <= 255):
        raise ValueError
    return rows.astype(np.uint8)


def check_packing(path):
    """Unpack a .gz or .zip once and hold it to its checksum, so that no damage reads as digits."""
    if path.suffix.lower() == ".gz":
        with gzip.open(path) as file:
            while file.read(1 << 20):
                pass
    if path.suffix.lower() != ".zip":
        return
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        if len(members) != 1:
            raise ValueError(
                f"{path} holds {len(members)} files, but one CSV is needed: unpack it and give "
                "the path of the CSV."
            )
        if members[0].flag_bits & 1:
            raise ValueError(f"{path} is encrypted: unpack it and give the path of the CSV.")
        if archive.testzip() is not None:
            raise zipfile.BadZipFile("its checksum is wrong")


def check_form(path):
    """Refuse what isn't a table, packed or not, by its first bytes."""
    with path.open("rb") as stream:
        form, file = peeled(stream)
        if form[1] not in ("table", "text", "empty", "zip", "tar", "no text file"):
            raise refusal(form, file)


def number(text):
    """Return what `text` reads as, NaN where it is not a number."""
    try:
        return float(text)
    except ValueError:
        return float("nan")


def is_header(cells):
    """Return True where a CSV's first line holds names: most cells are no blank and not 0…255.

    Most, since names may be numbers too (0…784, as pandas writes them), and since one bad cell
    does not make a row of digits a header, which would lose it in silence.
    """
    return sum(0 <= number(cell) <= 255 or not cell.strip() for cell in cells) < len(cells) / 2


def label_column(path, names, table):
    """Return the column that holds the labels: any by its name, else the first or last by values.

    Without a name: labels are mostly 1…9, while a corner pixel is nearly always 0.
    """
    if names is not None:
        lower = [name.strip().lower() for name in names]
        named = [c for c, name in enumerate(lower) if name in ("label", "class", "y", "digit")]
        if len(named) == 1:
            return named[0]
    low = {c: table[:, c] <= 9 for c in (0, 784)}
    column = max(low, key=lambda c: ((low[c] & (table[:, c] > 0)).sum(), low[c].sum()))
    if low[column].mean() < 0.5:
        raise ValueError(
            f"{path} has no labels: neither its first nor its last column stays within 0 and 9."
        )
    return column


def first_fault(path, names):
    """Return a sentence that names the first row of a CSV that does not hold 785 bytes."""
    import csv

    import pandas as pd

    with pd.io.common.get_handle(path, "r", encoding="utf-8-sig", compression="infer") as handles:
        reader = csv.reader(handles.handle)
        lines = (cells for cells in reader if len(cells) > 1 or "".join(cells).strip())
        try:
            for row, cells in enumerate(lines, 1 if names is None else 0):
                if row > 0 and (fault := row_fault(cells)):
                    return f"{path}, row {row}{fault}"
        except csv.Error:
            pass
    return f"{path} could not be read as a table of whole numbers from 0 to 255."


def row_fault(cells):
    """Return what is wrong with a row of a CSV, or None where it holds 785 bytes."""
    if len(cells) != 785:
        return f": {len(cells)} values instead of 785."
    for column, cell in enumerate(cells, 1):
        if not (number(cell).is_integer() and 0 <= number(cell) <= 255):
            return f", column {column}: {cell!r} is not a whole number from 0 to 255."
    return None
