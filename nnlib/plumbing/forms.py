"""Plumbing: the forms in which people have digits, told apart by their first bytes.

`FORMS` is the one place to look: how a file begins, what it is, and what opens it, or what to do.
"""

import bz2
import codecs
import gzip
import lzma
import os
import re
import struct
import tarfile
import tempfile
import zipfile
import zlib
from collections import namedtuple
from contextlib import ExitStack, contextmanager
from pathlib import Path

from nnlib.plumbing.writing import reason, short

HEAD = 2**18  # bytes looked at: a line of names and some rows after it
STRETCH, DENSEST = 2**26, 100  # so many bytes out of less than a hundredth of that are no digits
MANY, DEEP = 200, 4  # files that are looked at; folders gone down, and packings taken off
HIDDEN = re.compile(r"(^|/)(\.[^./]|__MACOSX/)")  # what a Mac, or git, adds
DAMAGE = (
    EOFError, NotImplementedError, gzip.BadGzipFile, lzma.LZMAError, struct.error,
    tarfile.TarError, zipfile.BadZipFile,
    zlib.error,
)  # fmt: skip


class Refused(ValueError):
    """What is wrong with a file, to be said after its name."""


def members_of_zip(file):
    """Yield name and content of what a zip holds."""
    with zipfile.ZipFile(file) as archive:
        for member in archive.infolist():
            if member.flag_bits & 1:
                raise Refused(" is encrypted: unpack it, and give the path of what was in it")
            if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise Refused(" is packed in a way not read here: unpack it first")
            if not member.is_dir():
                yield member.filename, archive.open(member)


def members_of_tar(file):
    """Yield name and content of what a tar holds."""
    with tarfile.open(fileobj=file, mode="r:") as archive:
        for member in archive:
            if member.isfile() and not member.issparse():
                yield member.name, archive.extractfile(member)


def recoded(encoding):
    """Return what turns a text of that encoding into UTF-8."""
    return lambda file: [("", codecs.EncodedFile(file, "utf-8", encoding))]


FIRST, MODE = "PK\x03\x04(?s:.{26})", "save it as CSV"
IDX, NPY = "an IDX file", "one NumPy array"
FORMS = [  # (how its first bytes look, what it is, what opens it or what to do)
    (r"\s*\Z", "empty", "it needs a row for each image"),
    (r"\x1f\x8b", "gzip", lambda file: [("", gzip.GzipFile(fileobj=file))]),
    (r"BZh[1-9]", "bzip2", lambda file: [("", bz2.BZ2File(file))]),
    (r"\xfd7zXZ\0", "xz", lambda file: [("", lzma.LZMAFile(file))]),  # noqa: SIM115
    (r"\xff\xfe|\xfe\xff", "UTF-16", recoded("utf-16")),
    (r"[\t\r\n -~]\0[\t\r\n -~]\0", "UTF-16, least byte first", recoded("utf-16-le")),
    (r"\0[\t\r\n -~]\0[\t\r\n -~]", "UTF-16, highest byte first", recoded("utf-16-be")),
    (FIRST + r"(\[Content_Types\]|_rels/|docProps/|xl/)", "an Excel workbook", MODE),
    (FIRST + r"(mimetype|Index/)", "a spreadsheet", MODE),
    (FIRST + r"[^/]+/(data\.pkl|byteorder)", "a PyTorch file", "write a CSV from it"),
    (r"PK(\x03\x04|\x05\x06)", "zip", members_of_zip),
    (r"(?s).{257}ustar", "tar", members_of_tar),
    (r"\0\0[\x08\x09\x0b-\x0e][\1-\4]", IDX,
     "put the files of images and of labels into one folder, and give that folder"),
    (r"\x93NUMPY", NPY, "save images and labels together: np.savez(path, X=X, y=y)"),
    (r"\xd0\xcf\x11\xe0", "an old Excel workbook", MODE),
    (r"PAR1|ARROW1|FEA1|Obj\x01|ORC", "a Parquet or Arrow file",
     "pd.read_parquet reads it, .to_csv(path, index=False) writes a CSV"),
    (r"MATLAB 5", "a MATLAB file", "scipy.io.loadmat reads it; write a CSV"),
    (r"\x89HDF", "an HDF5 or MATLAB 7.3 file", "h5py reads it; write a CSV"),
    (r"\x80[\2-\5]|\([dlti]p?\d?\s|c(numpy|copy_reg|__builtin__|pandas)", "a pickle",
     "not opened, since it can run code; where you trust it, write a CSV from it"),
    (r"\x28\xb5\x2f\xfd", "packed with zstd", "unpack it first (zstd -d)"),
    (r"7z\xbc\xaf|Rar!|\x04\x22M\x18|\x1f[\x9d\xa0]|\x5d\0\0|LZIP|MSCF|\xffLZMA|sNaPpY",
     "an archive of a kind that isn't read here", "unpack it first"),
    (r"\x89PNG|\xff\xd8\xff|GIF8|BM(?s:.{4})\0\0\0\0|RIFF(?s:.{4})WEBP|II\*\0|MM\0\*|P[1-6]\s"
     r"|(?s:.{4})ftyp|\0\0\x01\0|<svg", "a picture",
     "nnlib.read_image reads one, nnlib.read_images a folder; nnlib.Digits takes them with labels"),
    (r"%PDF|\{\\rtf", "a document", "a table of digits is needed"),
    (r"SQLite format|RD[AX][23]|[XA]\n\0|\x1aAvro|<\?xml|[\[{]\s*[\"\[{\d]",
     "a data file of another program", MODE),
    (r"version https://git-lfs", "a git-lfs pointer, not the file itself",
     "fetch that with: git lfs pull"),
    (r"(?i)\s*<(!doctype|html|head|!--)", "a web page, perhaps a login",
     "fetch the file again, signed in"),
    (r"(\[InternetShortcut\]\s*URL=)?(https?|ftp|s3)://\S+\s*\Z", "an address, not the data",
     "download what it names, and give that path"),
    (r"(?i)\s*(%[^\n]*\n\s*)*@relation", "an ARFF table", "scipy.io.arff reads it; write a CSV"),
    (r"[-+.\d]+( \d+:[-+.\de]+){3}", "a LIBSVM table",
     "sklearn.datasets.load_svmlight_file reads it; write a CSV"),
    (r"(\xef\xbb\xbf)?\s*(\"?sep=[^\r\n]*[\r\n]+)?(([^,;|\t\r\n\0]*[,;|\t]){16}"
     r"|[-+.\d]+([ \t]+[-+.\deE]+){16}|(\S+[ \t]+){100})", "table", "a row for each image"),
    (r"[^\0]+\Z", "text", "a table of digits has a label and 784 pixels a row, 785 values"),
    (r"(?s).", "no text file", "and none of the kinds known here"),
]  # fmt: skip


def inside(where, name):
    """Return how a file is called in a sentence that may lie inside another."""
    return f"{where} ({short(name, 80)})" if name else str(where)


Leaf = namedtuple("Leaf", "name kind why file where")  # a file as it is when all is unpacked


@contextmanager
def leaves(path, where):
    """Yield a list of all that a file holds, or a folder, unpacked by its first bytes.

    What goes wrong meanwhile is a ValueError or an OSError, with a sentence about `where`.
    """
    names = files_in(path) if path.is_dir() else [""]
    with said_of(where), ExitStack() as stack:
        found = []
        for name in names:
            with said_of(inside(where, name)):
                file = stack.enter_context(open(path / name, "rb"))
                found += unpacked(name, file, where, stack)
        yield found


@contextmanager
def said_of(where):
    """Turn what goes wrong with a file into one sentence about it."""
    try:
        yield
        return
    except Refused as error:
        why = str(error)
    except UnicodeDecodeError:
        why = " is not a text file: a table of digits is needed"
    except (*DAMAGE, OSError) as error:
        if getattr(error, "errno", None) is not None:
            raise OSError(f"{where} can't be read: {reason(error)}.") from None
        words = (str(error).splitlines() or [type(error).__name__])[0].rstrip(":. ")
        why = f" is damaged or incomplete ({short(words, 90)}): fetch it again"
    raise ValueError(f"{where}{why}.")


def files_in(folder, most=MANY):
    """Return the names of files in a folder and below; of many, one more than are looked at."""
    names = []
    for place, below, files in os.walk(folder, followlinks=True):
        here = Path(place).relative_to(folder)
        below[:] = sorted(below) if len(here.parts) < DEEP and len(names) <= most else []
        found = [here.joinpath(file).as_posix() for file in sorted(files)]
        names += [n for n in found if not HIDDEN.search(n) and Path(folder, n).is_file()]
    return names[: most + 1]


def unpacked(name, file, where, stack, depth=0):
    """Return the leaves of what is open: itself, or those of all that is packed in it."""
    start = file.read(HEAD)
    file.seek(0)
    text = start.decode("latin-1")
    _, kind, how = next(form for form in FORMS if re.match(form[0], text, re.ASCII))
    if not callable(how):
        if kind in ("text", "no text file"):
            line = start.strip()[:200].splitlines()[0].decode("utf-8", "replace")
            how += f": it begins with {short(line, 30)!r}"
        return [Leaf(name, kind, f" is {kind}: {how}", file, inside(where, name))]
    if depth == DEEP:
        raise Refused(f" is packed more than {DEEP} times over: unpack it first")
    found = []
    for inner, stream in how(file):
        if not HIDDEN.search(inner):
            content = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115
            copy(stream, content, file)
            path = "/".join(filter(None, (name, inner)))
            found += unpacked(path, content, where, stack, depth + 1)
        if len(found) > MANY:
            raise Refused(f" holds over {MANY} files: give the path of the one with digits")
    return found


def copy(stream, file, packed):
    """Write what is unpacked to a file, unless it is far more than digits would be."""
    mark = None
    while piece := stream.read(2**20):
        file.write(piece)
        place = file.tell(), packed.tell()
        if mark is None or place[0] - mark[0] >= STRETCH:
            if mark and STRETCH > DENSEST * (place[1] - mark[1]):
                raise Refused(f" unpacks to over {DENSEST} times its size: it can't hold digits")
            mark = place
    file.seek(0)
