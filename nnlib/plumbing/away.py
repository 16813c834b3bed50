"""Plumbing: a page that lies alone, as on Colab: fetch the files that lessons and labs read.

``python -m nnlib.plumbing.away ADDRESS`` unpacks them beside the page. `.ci/release.py` packs them,
and the first cell of each page calls this where it runs on Colab.
"""

import importlib.metadata
import io
import re
import sys
import zipfile
from pathlib import Path

from nnlib.plumbing.writing import short, told, written_whole

TIMEOUT = 60  # seconds without a byte


def fetch(archive, folder="."):
    """Unpack a release's files into a folder; what lies there already stays as it is.

    Parameters
    ----------
    archive : address or path of ``nnlib-VERSION-files.zip``
    folder : where the page lies

    Returns
    -------
    new, kept : how many files were written, and how many were there before

    Raises
    ------
    OSError : where it can't be had, is no such archive, or can't be written; before it is read
        to its end nothing is written
    """
    files = unpacked(read(str(archive)), archive)
    new = {name: data for name, data in files.items() if not (Path(folder) / name).exists()}
    for name, data in new.items():
        path = Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(path) as file:
            file.write(data)
    return len(new), len(files) - len(new)


def read(archive):
    """Return the bytes at an address or path, or raise an OSError that says what happened."""
    if not re.match("https?://", archive):
        try:
            return Path(archive).read_bytes()
        except OSError as error:
            raise OSError(f"{told(error)} Put the release's files beside this page.") from None
    import requests

    from nnlib.plumbing.mnist import failure

    try:
        answer = requests.get(archive, timeout=TIMEOUT)
        answer.raise_for_status()
        return answer.content
    except requests.RequestException as error:
        why = failure(error)
        raise OSError(
            f"{short(archive)} can't be fetched ({why}): look at it in a browser, and run "
            "this cell again."
        ) from None


def unpacked(data, archive):
    """Return {name: bytes} of an archive, read to its end, with names that stay in the folder."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as opened:
            files = {i.filename: opened.read(i) for i in opened.infolist() if not i.is_dir()}
    except (zipfile.BadZipFile, EOFError) as error:
        raise OSError(f"{short(archive)} is damaged ({error}): run this cell again.") from None
    outside = [name for name in files if re.search(r"^[/\\]|:|(^|[/\\])\.\.([/\\]|$)", name)]
    if outside:
        raise OSError(f"{short(archive)} is no release's: it names {short(outside[0], 60)}.")
    return files


def main(arguments=None):
    """Fetch what the one argument names, and say what was done."""
    (archive,) = sys.argv[1:] if arguments is None else arguments
    try:
        new, kept = fetch(archive)
    except OSError as error:
        print(f"nnlib: {error}", file=sys.stderr)
        return 1
    version = importlib.metadata.version
    there = f", {kept} were there" if kept else ""
    print(
        f"nnlib {version('nnlib')} is installed, beside NumPy {version('numpy')} as it was; "
        f"{new} files for the lessons lie in {Path.cwd()}{there}."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
