"""Plumbing: a file is written whole or not at all."""

import os
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path

from nnlib.plumbing.arguments import as_path


def check_place(path):
    """Return `path` as a Path, or raise an OSError that says why no file can be written there."""
    path = as_path("path", path)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"There is no folder {path.parent} to write {path.name} into.")
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder: give the name of a file.")
    try:
        tempfile.TemporaryFile(dir=path.parent).close()
    except OSError as error:
        raise OSError(
            f"{path} can't be written: its folder takes no files ({error.strerror})."
        ) from None
    return path


@contextmanager
def written_whole(path):
    """Yield an open file beside `path` that takes its name only once it is written to the end."""
    path = check_place(path)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".nnlib.")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        give_usual_rights(temporary)
        put_in_place(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def put_in_place(temporary, path):
    """Give a finished file its name, or raise an OSError that says why it can't be had."""
    try:
        os.replace(temporary, path)
    except OSError as error:  # on Windows, mostly: a file that is open can't be replaced there
        raise OSError(
            f"{path} can't be replaced ({error.strerror}): close it where it is open."
        ) from None


def give_usual_rights(path):
    """Give a file, made as a temporary one for its owner only, the rights that new files have."""
    mask = os.umask(0)
    os.umask(mask)
    with suppress(OSError):  # some shares know no rights: the file is good all the same
        os.chmod(path, 0o666 & ~mask)
