"""Plumbing: the forms in which people have digits, told apart by their first bytes.

`FORMS` is the one place to look: how a file begins, what it is, and what opens it, or what to do.
`look` opens whatever a path leads to, folders and archives too, and never spends more memory than
digits are worth.
"""

import bz2
import codecs
import gzip
import io
import lzma
import os
import re
import shutil
import struct
import tarfile
import tempfile
import zipfile
import zlib
from pathlib import Path

from nnlib.plumbing.writing import reason

HEAD = 2**18  # bytes looked at: a line of names and some rows after it
STRETCH, DENSEST = 2**26, 100  # so many bytes from less than a hundredth of that hold no digits
MANY, DEEP = 1000, 4  # files looked at, folders gone down, packings taken off
HIDDEN = re.compile(r"(^|/)(\.[^./]|__MACOSX/)")  # what a Mac, or git, adds
DAMAGE = (
    EOFError, gzip.BadGzipFile, lzma.LZMAError, struct.error, tarfile.TarError, zipfile.BadZipFile,
    zlib.error,
)  # fmt: skip


class Refused(ValueError):
    """What is wrong with a file, to be said after its name."""


def members_of_zip(file):
    """Yield name and content of what a zip holds; one inside another goes through a file."""
    with tempfile.TemporaryFile() as place:
        if not file.seekable():
            shutil.copyfileobj(file, place)
        with zipfile.ZipFile(file if file.seekable() else place) as archive:
            for member in archive.infolist():
                if member.flag_bits & 1:
                    raise Refused(" is encrypted: unpack it, and give the path of what was in it")
                if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    raise Refused(" is packed in a way not read here: unpack it first")
                if not member.is_dir():
                    yield member.filename, archive.open(member)


def members_of_tar(file):
    """Yield name and content of what a tar holds."""
    with tarfile.open(fileobj=file, mode="r|") as archive:
        for member in archive:
            if member.isfile() and not member.issparse():
                yield member.name, archive.extractfile(member)


def recoded(encoding):
    """Return what turns an open text of that encoding into UTF-8."""
    return lambda file: [("", codecs.EncodedFile(file, "utf-8", encoding))]


FIRST, MODE = "PK\x03\x04(?s:.{26})", "save it as CSV"
IDX, NPY = "an IDX file", "one NumPy array"
FORMS = [  # (how its first bytes look, what it is, what opens it or what to do)
    (r"\s*\Z", "empty", "it needs a row for each image"),
    (r"\x1f\x8b", "gzip", lambda file: [("", gzip.GzipFile(fileobj=file))]),
    (r"BZh[1-9]", "bzip2", lambda file: [("", bz2.BZ2File(file))]),
    (r"\xfd7zXZ\0", "xz", lambda file: [("", lzma.LZMAFile(file))]),
    (r"\xff\xfe|\xfe\xff", "UTF-16", recoded("utf-16")),
    (r"[ -~]\0[\t -~]\0", "UTF-16, least byte first", recoded("utf-16-le")),
    (r"\0[ -~]\0[\t -~]", "UTF-16, highest byte first", recoded("utf-16-be")),
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
     r"|[-+.\d]+([ \t]+[-+.\deE]+){16})", "table", "a row for each image"),
    (r"[^\0]+\Z", "text", "no table of digits"),
    (r"(?s).", "no text file", "and none of the kinds known here"),
]  # fmt: skip


class Guarded(io.RawIOBase):
    """A stream of what is packed, which ends in a sentence where it is far more than digits."""

    def __init__(self, stream, packed):
        self.stream, self.packed, self.count, self.mark, self.rest = stream, packed, 0, None, b""

    def readable(self):
        """Say that it can be read: io.BufferedReader asks."""
        return True

    def tell(self):
        """Return how much has been read."""
        return self.count

    def readinto(self, buffer):
        """Fill the buffer, to its end where there is enough left."""
        while len(self.rest) < len(buffer) and (piece := self.stream.read(len(buffer))):
            self.rest += piece
        done = min(len(buffer), len(self.rest))
        buffer[:done], self.rest = self.rest[:done], self.rest[done:]
        self.count += done
        place = self.count, self.packed.tell()
        unpacked, packed = (a - b for a, b in zip(place, self.mark or place))
        if self.mark is None or unpacked >= STRETCH:
            if unpacked > DENSEST * packed:
                raise Refused(f" unpacks to over {DENSEST} times its size: it can't hold digits")
            self.mark = place
        return done


def form_of(start):
    """Return the row of FORMS for a file's first bytes."""
    text = start.decode("latin-1")
    return next(form for form in FORMS if re.match(form[0], text, re.ASCII))


def refusal(form, file):
    """Say what a form is that can't be read, and the cure; of a text, its beginning."""
    _, kind, cure = form
    if kind in ("text", "no text file"):
        line = file.peek(HEAD).lstrip()[:300].splitlines()[0].decode("utf-8", "replace")
        cure += f": it begins with {line[:30]!r}"
    return f" is {kind}: {cure}"


def unpacked(name, file, depth=0):
    """Yield (name, form, open file) of what an open file is, or of all that is packed in it."""
    form = form_of(file.peek(HEAD))
    if not callable(form[2]):
        yield name, form, file
        return
    if depth == DEEP:
        raise Refused(f" is packed more than {DEEP} times over: unpack it first")
    for inner, stream in form[2](file):
        if not HIDDEN.search(inner):
            inside = io.BufferedReader(Guarded(stream, file), HEAD)
            yield from unpacked("/".join(filter(None, (name, inner))), inside, depth + 1)


def files_in(folder):
    """Return the names of the files in a folder and below, hidden ones left out; not all of many.

    Names have slashes, and those nearer to the folder come first.
    """
    names = []
    for place, below, files in os.walk(folder, followlinks=True):
        here = Path(place).relative_to(folder)
        below[:] = sorted(below) if len(here.parts) < DEEP and len(names) <= MANY else []
        found = [here.joinpath(file).as_posix() for file in sorted(files)]
        names += [n for n in found if not HIDDEN.search(n) and Path(folder, n).is_file()]
    return sorted(names[: MANY + 1], key=lambda name: name.count("/"))


def look(path, visit, where=None):
    """Return what ``visit(name, form, file)`` returns for all that a file or folder holds.

    What is packed is unpacked by its first bytes, whatever it is called. `name` says where it is
    inside; of the file itself it is empty. Whatever goes wrong is a ValueError or an OSError with
    one sentence.
    """
    found, name = [], ""
    where = str(path) if where is None else where
    try:
        for outer in files_in(path) if path.is_dir() else [""]:
            name = outer
            with open(path / outer, "rb", HEAD) as file:
                for name, form, inner in unpacked(outer, file):  # noqa: B020
                    found.append(visit(name, form, inner))
                    name = outer
        return found
    except DAMAGE as error:
        why = f" is damaged or incomplete ({first_line(error)}): fetch it again"
    except UnicodeDecodeError:
        why = " is not a text file: a table of digits is needed"
    except Refused as error:
        why = str(error)
    except OSError as error:
        if error.errno is not None:
            name = f" ({name})" if name else ""
            raise OSError(f"{where}{name} can't be read: {reason(error)}.") from None
        why = f" is damaged or incomplete ({first_line(error)}): fetch it again"  # of bz2
    raise ValueError(f"{where}{f' ({name})' if name else ''}{why}.")


def first_line(error):
    """Return the first line of an error's words."""
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(":. ")
