"""Plumbing: MNIST's four IDX files, found on this machine or downloaded once, checked.

Readers return raw pixels 0…255 as uint8, so that memory is spent on real numbers only where they
are wanted.
"""

import hashlib
import os
import sys
import tempfile
from pathlib import Path

import numpy as np

from nnlib.plumbing.environment import progress_bars_off
from nnlib.plumbing.forms import files_in, leaves
from nnlib.plumbing.table import nearness, normal, read_array
from nnlib.plumbing.writing import give_usual_rights

MNIST_FILES = {  # name: (SHA-256, shape of what is in it)
    "train-images-idx3-ubyte.gz": (
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609", (60000, 28, 28)
    ),
    "train-labels-idx1-ubyte.gz": (
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c", (60000,)
    ),
    "t10k-images-idx3-ubyte.gz": (
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6", (10000, 28, 28)
    ),
    "t10k-labels-idx1-ubyte.gz": (
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6", (10000,)
    ),
}  # fmt: skip
CONTENT = "06b0d1f124c4e5fa796686ade41a9b778edacc8622f2195a352ef479ad44fc16"  # unpacked, joined
MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://raw.githubusercontent.com/fgnt/mnist/master/",
)
TIMEOUT = 30  # seconds without a byte before the next mirror is tried


def data_folders():
    """Return the folders in which MNIST may lie already, in the order they are looked into."""
    folders = [download_folder()]
    if os.environ.get("NNLIB_DATA_DIR"):
        folders.append(Path(os.environ["NNLIB_DATA_DIR"]).expanduser())
    return folders


def download_folder():
    """Return the checkout's ``data/``; for an installed copy, the user's cache folder."""
    checkout = Path(__file__).resolve().parent.parent.parent
    if (checkout / "pyproject.toml").exists() and (checkout / "data").is_dir():
        return checkout / "data"
    import pooch

    return Path(pooch.os_cache("nnlib"))


def find_file(name):
    """Return the path of an IDX file, packed or not, however its folders lie, or None."""
    for folder in data_folders():
        found = [f for f in files_in(folder, 20_000) if normal(f) == normal(name)]
        if found:
            return folder / min(found, key=nearness)
    return None


def have_mnist():
    """Return True where all four files of MNIST lie on this machine already."""
    return all(find_file(name) for name in MNIST_FILES)


def is_mnist(parts):
    """Return True where (pixels, labels), to train with and to test with, are MNIST's own."""
    if [len(labels) for _, labels in parts] != [60000, 10000]:
        return False
    content = hashlib.sha256()
    for array in (array for part in parts for array in part):
        content.update(np.ascontiguousarray(array))
    return content.hexdigest() == CONTENT


def read_mnist():
    """Read full MNIST, downloading what is missing.

    Returns ``[(pixels, labels), (pixels, labels)]``, all uint8: 60,000 images to train, 10,000 to
    test, in their official order, pixels of shape (m, 784).
    """
    arrays = []
    for name, (_, shape) in MNIST_FILES.items():
        path, m = find_file(name) or download(name), len(arrays[-1]) if len(arrays) % 2 else None
        try:
            with leaves(path, path) as found:
                array = read_array(found[0]) if found else np.zeros(0)
            right = array.dtype == np.uint8 and array.shape == (m or len(array), *shape[1:])
            if not right:
                raise ValueError(f"{path} holds an array of shape {array.shape}.")
            if array.ndim == 1 and array.max(initial=0) > 9:
                raise ValueError(f"{path} holds a label above 9.")
        except ValueError as error:
            raise ValueError(
                f"{error} So it is not MNIST's: put a good copy there{more()}."
            ) from None
        arrays.append(array if array.ndim == 1 else array.reshape(-1, 784))
    return [tuple(arrays[:2]), tuple(arrays[2:])]


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
        f"into {folder} by hand, or set NNLIB_DATA_DIR to a folder that has MNIST's four "
        f"files{more()}."
    )


def more():
    """Return where more is said about MNIST's files, or nothing in an installed copy."""
    page = download_folder() / "README.md"
    return f" (see {page})" if page.is_file() else ""


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
