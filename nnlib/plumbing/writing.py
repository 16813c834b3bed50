"""Plumbing: a file is written whole or not at all."""

import errno
import os
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path

from nnlib.plumbing.arguments import as_path


def check_place(path):
    """Return `path` as a Path, or raise an OSError that says why no file can be written there."""
    path = sound_path(path)
    if not path.parent.is_dir():
        folder, name = short(path.parent, 130), short(path.name, 40)
        raise FileNotFoundError(f"There is no folder {folder} to write {name} into: make it.")
    if path.is_dir():
        raise IsADirectoryError(f"{short(path)} is a folder: give the name of a file.")
    try:
        tempfile.TemporaryFile(dir=path.parent).close()
    except OSError as error:
        raise OSError(
            f"{short(path)} can't be written: its folder takes no files, since {reason(error)}."
        ) from None
    return path


def sound_path(path, name="path"):
    """Return `path` as a Path, or raise an OSError where no file can have that name."""
    path = as_path(name, path)
    try:
        os.stat(path)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        pass  # the name itself is good
    except (OSError, ValueError) as error:
        raise OSError(f"{short(path)} is no name for a file: {reason(error)}.") from None
    return path


REASONS = {  # the system's name for it: why, and what to do
    "ENOSPC": "the disk is full: make room there",
    "EDQUOT": "your share of the disk is used up: make room there",
    "EACCES": "you have no right to do so there: choose another place",
    "EPERM": "you have no right to do so there: choose another place",
    "EROFS": "the disk can only be read: choose another place",
    "ENAMETOOLONG": "it is too long: give a shorter one",
    "EINVAL": "it holds a letter that the system doesn't take: give another one",
    "ELOOP": "it is a link that leads to itself: give another one",
    "EISDIR": "it is a folder: give the name of a file",
    "EFBIG": "it is larger than this disk allows: choose another place",
    "EIO": "the disk reports a fault: choose another place",
    "EMFILE": "too many files are open: close some",
}


def reason(error):
    """Say in a few plain words why the system refused, and what to do, without its number."""
    if isinstance(error, ValueError):  # Python itself refuses a name with a zero byte in it
        return REASONS["EINVAL"]
    text = error.strerror or type(error).__name__
    return REASONS.get(errno.errorcode.get(error.errno), text[:1].lower() + text[1:].rstrip("."))


def told(error):
    """Return an OSError as a sentence without the system's number; of our own ones, the text."""
    if error.errno is None:
        return str(error)
    return f"{short(error.filename or 'a file')} can't be used: {reason(error)}."


def short(value, most=150):
    """Return a value as text for a sentence: of a long one both ends, without line breaks."""
    text = "".join(c if c.isprintable() else "?" for c in str(value))
    return text if len(text) <= most else f"{text[: most // 2 - 1]}…{text[-most // 2 :]}"


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
    except OSError as error:
        Path(temporary).unlink(missing_ok=True)
        if error.errno is None:  # a sentence already
            raise
        raise OSError(f"{short(path)} can't be written: {reason(error)}.") from None
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def put_in_place(temporary, path):
    """Give a finished file its name, or raise an OSError that says why it can't be had."""
    try:
        os.replace(temporary, path)
    except OSError as error:  # on Windows, mostly: a file that is open can't be replaced there
        raise OSError(
            f"{short(path)} can't be replaced ({reason(error)}): close it where it is open."
        ) from None


def give_usual_rights(path):
    """Give a file, made as a temporary one for its owner only, the rights that new files have."""
    mask = os.umask(0)
    os.umask(mask)
    with suppress(OSError):  # some shares know no rights: the file is good all the same
        os.chmod(path, 0o666 & ~mask)
