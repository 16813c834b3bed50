"""Plumbing: digits out of what `nnlib.plumbing.forms` opens: tables, or arrays of images.

Readers return raw pixels 0…255 as uint8, so that memory is spent on real numbers only where they
are wanted; as float32 where a file has shares of 1 that no byte holds.
"""

import io
import math
import re
import sys
import warnings
from collections import Counter
from contextlib import suppress
from itertools import chain
from pathlib import Path

import numpy as np

from nnlib.plumbing.forms import MANY, Refused, files_in, leaves, said_of
from nnlib.plumbing.writing import short

CHUNK, LONGEST = 2**21, 2**22  # characters that are read at a time, and that a line may have
LABEL = ("label", "labels", "class", "target", "digit", "y")
INDEX = ("", "id", "index", "imageid", "unnamed: 0")
UNLABELLED = ": images without labels, python -m nnlib --answers reads"
IDX_TYPES = {8: "u1", 9: "i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}


def read_csv(path, n_classes=10):
    """Read pixels (m, 784) and labels (m,), both uint8: those to train with, where some are not."""
    return read_parts(path, n_classes)[0][0]


def read_parts(path, n_classes=10):
    """Read the digits in a file, a folder or an archive, in any form that data/README.md lists.

    Returns a list of (pixels, labels), of shapes (m, 784) and (m,): those to train with and, where
    they are apart, those to test with; and whether the files are called as MNIST's.
    """
    path = Path(path).expanduser()
    if not (path.is_file() or path.is_dir()):
        raise FileNotFoundError(f"There is no file {path}; looked in {path.resolve().parent}.")
    if path.is_dir() and not 0 < (count := len(files_in(path))) <= MANY:
        many = (
            f"over {MANY} files: a folder of pictures, nnlib.read_images reads" if count else "none"
        )
        raise FileNotFoundError(f"There is no file to take in {path}: {path.resolve()} has {many}.")
    with leaves(path, path) as found:
        parts = chosen(found, path)
        names = [normal(leaf.name) for leaf in parts[0]]
        read = [read_part(*parts[0], n_classes)]
        try:
            read += [read_part(*part, n_classes) for part in parts[1:]]
        except ValueError as error:
            if UNLABELLED not in str(error):
                raise
            tell(f"{error} It is left out.")
        return read, names[0].startswith("train-images-")


def tell(text):
    """Say a sentence on stderr."""
    print(text, file=sys.stderr)


# ---------------------------------------------------------------------- which of several files


def chosen(found, path):
    """Return what to read, [(table,)] or [(images, labels)]; a part to test with comes second."""
    tables = [leaf for leaf in found if leaf.kind == "table"]
    if any("submission" in leaf.name.lower() for leaf in found):  # Kaggle keeps those labels
        tables = [leaf for leaf in tables if normal(leaf.name) != "test.csv"] or tables
    sizes = [(leaf, math.prod(shape[1:])) for leaf in found if (shape := header(leaf)[0])]
    for wanted in ([[leaf for leaf, k in sizes if k == size] for size in (784, 1)], [tables]):
        if all(wanted):
            parts = [parts_of(same, path) for same in wanted]
            if any(part.keys() != parts[0].keys() for part in parts):
                names = ", ".join(leaf.name for part in parts for leaf in part.values())
                raise Refused(f" holds images and labels that don't belong together: {names}")
            return list(zip(*(part.values() for part in parts)))
    if len(found) == 1:
        raise Refused(f" ({found[0].name}){found[0].why}" if found[0].name else found[0].why)
    first = (
        f", but no digits with labels: {short(found[0].name, 60)}{found[0].why}" if found else ""
    )
    raise Refused(f" holds {len(found)} files{first}")


def parts_of(found, path):
    """Return {"train": leaf, "test": leaf}, or one of them, of leaves that hold the same."""
    parts = {"train": {}, "": {}, "test": {}}
    for leaf in sorted(found, key=lambda leaf: nearness(leaf.name)):
        word = (re.findall("train|t10k|test", leaf.name.lower()) or [""])[-1].replace(
            "t10k", "test"
        )
        parts[word].setdefault(normal(leaf.name), leaf)  # once, where it is packed and unpacked
    if parts["train"] and parts[""]:
        tell(f"{path}: {', '.join(parts[''])} left out.")
    parts = {
        "train": list((parts["train"] or parts[""]).values()),
        "test": list(parts["test"].values()),
    }
    if any(len(part) > 1 for part in parts.values()):
        names = short(", ".join(leaf.name for leaf in found), 99)
        raise Refused(f" holds several such files, give the path of one: {names}")
    return {word: part[0] for word, part in parts.items() if part}


def normal(name):
    """Return a file's name, without its folders, as MNIST's makers write it."""
    return name.lower().rpartition("/")[2].replace(".idx", "-idx").removesuffix(".gz")


def nearness(name):
    """Return what sorts first a folder called MNIST, then what lies least deep."""
    return "mnist" not in name.lower().split("/")[:-1], name.count("/"), name


def read_part(leaf, *others):
    """Return the pixels and labels of a table, or of two arrays; classes come last."""
    *labels, n_classes = others
    with said_of(leaf.where):
        if not labels:
            return read_table(leaf, n_classes)
        X = read_array(leaf)
        X = as_pixels(X.reshape(len(X), -1), leaf.where, lambda *at: f" at {at}")
    with said_of(labels[0].where):
        y = read_array(labels[0]).reshape(-1)
        if len(y) != len(X):
            raise Refused(f" holds {len(y):,} labels, and there are {len(X):,} images")
        return X, as_labels(y, n_classes, lambda row: f" at {row}")


# ---------------------------------------------------------------------------------- arrays


def header(leaf):
    """Return shape, type and order of an IDX or .npy file; an empty shape where it has none."""
    with suppress(ValueError, AttributeError, LookupError):
        if leaf.kind == "an IDX file":
            start = leaf.file.read(4)
            axes = np.frombuffer(leaf.file.read(4 * start[3]), ">u4")
            return tuple(axes.tolist()), np.dtype(IDX_TYPES[start[2]]), "C"
        if leaf.kind == "one NumPy array":
            version = np.lib.format.read_magic(leaf.file)
            read = getattr(np.lib.format, f"read_array_header_{version[0]}_0")
            shape, by_columns, dtype = read(leaf.file)
            return shape, dtype, "F" if by_columns else "C"
    return (), None, "C"


def read_array(leaf):
    """Read the numbers of an IDX or .npy file, and no more bytes than its header tells of."""
    leaf.file.seek(0)
    shape, dtype, order = header(leaf)
    if dtype is None or dtype.kind not in "buif":
        objects = " holds Python objects or text: not opened, since a pickle can run code"
        raise Refused(objects if dtype else leaf.why)
    size, content = math.prod(shape) * dtype.itemsize, bytearray()
    while len(content) <= size and (piece := leaf.file.read(CHUNK)):
        content += piece
    if len(content) != size:
        raise Refused(
            f" is incomplete, or too long: an array of shape {shape} takes {size:,} bytes"
        )
    return np.frombuffer(content, dtype).reshape(shape, order=order)


# ---------------------------------------------------------------------------------- values


def not_whole(place, cell):
    """Say that a cell is no pixel, and where it stands."""
    no, more = "no" if "line" in place else "not a", ": write classes as numbers" * cell.isalpha()
    return Refused(f"{place}: {short(cell, 40)!r} is {no} whole number from 0 to 255{more}")


def as_pixels(values, where, place):
    """Return pixels as uint8, 0…255; shares of 1 that no byte holds as float32, 255 for all ink."""
    if not len(values):
        raise Refused(" holds no images")
    whole = values.dtype.kind != "f" or (values == np.floor(values)).all()
    shares = not whole and values.max() <= 1
    bad = ~((values >= 0) & (values <= 255) & (shares or values == np.floor(values)))
    for row, column in np.argwhere(bad)[:1]:
        raise not_whole(place(row, column), f"{values[row, column]:g}")
    pixels = values.astype(np.float32 if shares else np.uint8, copy=False)
    if shares or pixels.max() == 1:
        pixels = pixels * pixels.dtype.type(255)
        tell(f"{where}: its pixels lie from 0 to 1, so 1 is taken for full ink (255).")
    if pixels.mean() > 127:
        tell(f"{where} looks inverted: MNIST's ink is bright on black (0).")
    return pixels


def as_labels(values, n_classes, place):
    """Return labels as uint8, or say which is none, or that they tell nothing apart."""
    bad = ~((values >= 0) & (values < n_classes) & (values == np.floor(values)))
    for row in np.flatnonzero(bad)[:1]:
        top = values.max()
        more = f"; for others, give n_classes={top + 1:g}" if n_classes <= top < 256 else ""
        raise Refused(
            f"{place(row)}: the label is {values[row]:g}; labels go from 0 to {n_classes - 1}{more}"
        )
    if len(values) > 1 and (values == values[0]).all():
        raise Refused(
            f": every label is {values[0]:g}, so there is nothing to tell apart; if another column "
            "holds the labels, name that one 'label'"
        )
    return values.astype(np.uint8 if n_classes <= 256 else np.int64)


# ---------------------------------------------------------------------------------- tables


def read_table(leaf, n_classes=10, n=784):
    """Return pixels and labels of a table: n pixels a row, and a label unless n_classes is 0.

    Commas, semicolons, tabs or blanks may stand between its cells, and names or nothing above.
    """
    blocks, head, tables = lines_of(io.TextIOWrapper(leaf.file, "utf-8-sig")), [], []
    while len(head) < 20 and (block := next(blocks, None)) is not None:
        head += block
    names, head = header_of(head, leaf.where)
    rows = [cells_of(line) for line in head]
    columns = layout(names, rows, n, n_classes, leaf.where)
    above = 1 + (n_classes == 0 and names is not None)
    words = ("row", "column") if n_classes else ("line", "value")

    def place(row, column=None):
        cell = "" if column is None else f", {words[1]} {columns[column] + 1}"
        return f", {words[0]} {row + above}{cell}"

    for lines in chain([head], filter(None, blocks)):
        tables.append(numbers(lines, columns, len(rows[0]), place))
        above += len(lines)
    above -= sum(map(len, tables))
    table = np.concatenate(tables)
    tables.clear()
    if not n_classes:
        return as_pixels(table, leaf.where, place), None
    names = names and ([""] * (len(rows[0]) - len(names)) + names)
    label = label_column(names and [names[c].lower() for c in columns], table, n_classes)
    pixels = [k for k in range(n + 1) if k != label]
    if names and (order := in_order([names[columns[k]] for k in pixels])):
        tell(f"{leaf.where}: its columns are put in the order of their numbers.")
        pixels = [pixels[k] for k in order]
    y = as_labels(table[:, label], n_classes, lambda row: place(row, label))
    X = table[:, pixels]
    return as_pixels(X, leaf.where, lambda row, column: place(row, pixels[column])), y


def lines_of(text):
    """Yield the lines of a text, some thousand at a time, with commas between their cells."""
    rest, between = "", None
    while piece := text.read(CHUNK):
        *lines, rest = (rest + piece).split("\n")
        if len(rest) > LONGEST:
            raise Refused(" is not a table of digits: one of its lines is too long")
        lines = [line for line in lines if line and not line.isspace()]
        between = between or (lines and separator(lines[0]))
        yield tidy(lines, between)
    yield tidy([rest], between or separator(rest)) if rest.strip() else []


def separator(line):
    """Return what stands between a line's cells: a comma, semicolon, tab or bar, or blanks."""
    if found := re.match('"?sep=(.)', line, re.IGNORECASE):  # Excel's own first line
        return found[1]
    others = (c for c in ";\t|" if 2 * line.count(c) > line.count(","))  # not decimal commas
    return next(others, "," if "," in line else " ")


def tidy(lines, between):
    """Return lines with commas between their cells, points in numbers, and no quotation marks."""
    if any(line.count('"') % 2 for line in lines):
        raise Refused(" is not a table: a quotation mark is left open in one of its lines")
    if between == " ":
        lines = [",".join(line.replace(",", ".").split()) for line in lines]
    elif between != ",":
        lines = [line.replace(",", ".").replace(between, ",") for line in lines]
    return [line.replace('"', "") for line in lines]


def cells_of(line):
    """Return the cells of a line."""
    return [cell.strip() for cell in line.split(",")]


def number(text):
    """Return what `text` reads as, NaN where it is not a number; True is 1."""
    text = {"true": "1", "false": "0"}.get(text.strip().lower(), text)
    try:
        return float(text) if text.isascii() and "_" not in text else math.nan
    except ValueError:
        return math.nan


def header_of(lines, where):
    """Return the names above a table, or None, and the lines below them.

    Names are a known one, or mostly no blanks and not 0…255: mostly, since they may be numbers too
    (0…784, as pandas writes them), and since one bad cell does not make a row of digits a header.
    """
    lines = lines[1:] if lines and lines[0].lower().startswith("sep=") else lines
    cells = cells_of(lines[0]) if lines else []
    values = sum(0 <= number(cell) <= 255 or not cell for cell in cells)
    if values < len(cells) / 2 or any(cell.lower() in LABEL for cell in cells):
        names, lines = cells, lines[1:]
    else:
        names = None
    if not lines:
        raise Refused(" has a header but no rows: there are names, but no images")
    seen, row = Counter(), [cell.partition(".")[0] for cell in cells]
    for k, value in enumerate(row):  # pandas makes 5,0,0.1,0.2 … of the names 5,0,0,0 …
        if cells[k] != value + f".{seen[value]}" * (seen[value] > 0):
            return names, lines
        seen[value] += 1
    if names is None and max(seen.values()) > 1:
        tell(f"{where}: pandas made names of its first row (0.1, 0.2 …), which are read as digits.")
        lines = [",".join(row), *lines[1:]]
    return names, lines


def layout(names, rows, n, n_classes, where):
    """Return which columns to read: not one that counts the rows, nor empty ones at the end."""
    need, width = n + (n_classes > 0), len(rows[0])
    while width > need and not rows[0][width - 1]:
        width -= 1
    first = [number(row[0]) for row in rows]
    counts = len(first) > 2 and all(b - a == 1 for a, b in zip(first, first[1:]))
    counts = counts or (names is not None and names[0].lower() in INDEX)
    start = int(counts and (width > need or max(first) >= n_classes > 0))
    k, begins = width - start, short(" ".join(rows[0]), 20)
    if k == need:
        if start:
            tell(f"{where}: its first column counts the rows, and is left out.")
        return range(start, width)
    if not n_classes:
        more = ": with labels, leave --answers out, and they are measured" if k == n + 1 else ""
        raise Refused(f": its first line has {k} values, not the {n} pixels of an image{more}")
    if names is not None and len(names) == need and not start:
        raise Refused(f", row 1: {width} values instead of {need}")
    ends = rows[0][start : start + n_classes], rows[0][width - n_classes : width]
    if k == n:
        why = UNLABELLED
    elif any(sorted(map(number, end)) == [0] * (n_classes - 1) + [1] for end in ends):
        why = "; with a column for each class (one-hot), write the class as one number instead"
    elif math.isqrt(k - 1) ** 2 == k - 1 > 9:
        why = f": it holds images of {math.isqrt(k - 1)} × {math.isqrt(k - 1)} pixels"
    else:
        why = f", with commas between them; it begins with {begins!r}"
    counted = " beside one that counts the rows" if start else ""
    raise Refused(
        f" does not hold digits: its first line has {k}{counted} of the {need} values needed, a "
        f"label and {n} pixels{why}"
    )


def numbers(lines, columns, width, place):
    """Return rows as uint8 where they are bytes, as float32 where they lie between some."""
    for row, line in enumerate(lines):
        if line.count(",") != width - 1:
            raise Refused(f"{place(row)}: {line.count(',') + 1} values instead of {width}")
    options = dict(delimiter=",", usecols=columns, comments=None, ndmin=2, encoding=None)
    ways = ((np.uint8, None), (np.float64, None), (np.float64, number))
    for dtype, convert in ways if all(map(str.isascii, lines)) else ways[2:]:
        with suppress(ValueError), warnings.catch_warnings():
            warnings.simplefilter("error")  # of old, 0.5 would be taken for a 0
            values = np.loadtxt(lines, dtype, converters=convert, **options)
            break
    else:
        raise Refused(f"{place(0)}, or a row below, can't be read as numbers")
    for row, column in np.argwhere(~((values >= 0) & (values <= 255)))[:1]:
        raise not_whole(place(row, column), cells_of(lines[row])[columns[column]])
    whole = dtype is np.uint8 or (values == np.floor(values)).all()
    return values.astype(np.uint8 if whole else np.float32, copy=False)


def label_column(names, table, n_classes):
    """Return the column that holds the labels: by its name, or the first or last by its values.

    Without a name: labels are mostly 1…9, while a corner pixel is nearly always 0.
    """
    stems = [re.sub(r"\d+", "#", name) for name in names or ()]
    count = Counter(stems)
    for test in (lambda stem: stem in LABEL, lambda stem: stem and count[stem] == 1):
        found = [k for k, stem in enumerate(stems) if test(stem)]
        if len(found) == 1:
            return found[0]
    last = table.shape[1] - 1
    low = {k: table[:, k] < n_classes for k in (0, last)}
    score = {k: ((low[k] & (table[:, k] > 0)).sum(), low[k].sum()) for k in low}
    column = max(low, key=score.get)
    if low[column].mean() < 0.5:
        top = table[:, column].max()
        more = f"; for labels up to {top:g}, give n_classes={top + 1:g}" if top < 100 else ""
        raise Refused(
            " has no labels: neither its first nor its last column stays within 0 and "
            f"{n_classes - 1}{more}"
        )
    if score[0] == score[last]:
        raise Refused(": its first and last column look alike; name the one of the labels 'label'")
    return column


def in_order(names):
    """Return where columns stand in the order of the numbers in their names, if in another one."""
    keys = [tuple(map(int, re.findall(r"\d+", name))) for name in names]
    order = sorted(range(len(keys)), key=keys.__getitem__)
    sound = len(set(keys)) == len(keys) and len({len(key) for key in keys}) == 1
    sound = sound and (len(keys[0]) == 1 or names == sorted(names))
    return order if sound and order != list(range(len(keys))) else None
