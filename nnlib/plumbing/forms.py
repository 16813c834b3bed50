"""Plumbing: the forms in which people have digits, told apart by their first bytes.

`FORMS` is the one place to look: what a file begins with, what it is, and what reads it, or what to
do.
"""

import bz2
import codecs
import gzip
import io
import lzma
import re

DENSEST = 200  # unpacked bytes a packed one: digits, packed well, come to 30
HEAD = 2**17  # bytes looked at: a header line and a row after it

FIRST, MODE = "PK\x03\x04(?s:.{26})", "save it as CSV"
FORMS = [  # (how its first bytes look, what it is, what reads it or what to do)
    (r"\s*\Z", "empty", "a label and 784 pixels a row are needed"),
    (r"\x1f\x8b", "gzip", lambda file: gzip.GzipFile(fileobj=file)),
    (r"BZh[1-9]", "bzip2", bz2.BZ2File),
    (r"\xfd7zXZ\0", "xz", lzma.LZMAFile),
    (r"\xff\xfe|\xfe\xff", "UTF-16", lambda file: codecs.EncodedFile(file, "utf-8", "utf-16")),
    (FIRST + r"(\[Content_Types\]|_rels/|docProps/|xl/)", "an Excel workbook", MODE),
    (FIRST + r"(mimetype|Index/)", "a spreadsheet", MODE),
    (FIRST + r"[^/]+/(data\.pkl|byteorder)", "a PyTorch file", "write a CSV"),
    (r"PK(\x03\x04|\x05\x06)", "zip", "unpack the archive around it first"),
    (r"(?s).{257}ustar", "tar", "unpack the archive around it first"),
    (r"\0\0[\x08\x09\x0b-\x0e][\1-\4]", "an IDX file",
     "put MNIST's four files into one folder, set NNLIB_DATA_DIR to it, and load 'mnist'"),
    (r"\x93NUMPY", "one NumPy array",
     "write a label and 784 pixels a row with np.savetxt(path, table, '%d', ',')"),
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
     "nnlib.read_image reads it"),
    (r"%PDF|\{\\rtf", "a document", "a table of digits is needed"),
    (r"SQLite format|RD[AX][23]|[XA]\n\0|\x1aAvro|<\?xml|[\[{]\s*[\"\[{\d]",
     "a data file of another program", MODE),
    (r"version https://git-lfs", "a git-lfs pointer, not the file itself",
     "fetch that with: git lfs pull"),
    (r"(?i)\s*<(!doctype|html|head|!--)", "a web page, perhaps a login",
     "fetch the file again, signed in"),
    (r"(\[InternetShortcut\]\s*URL=)?(https?|ftp|s3)://\S+\s*\Z", "an address, not the data",
     "download what it names, and give that path"),
    (r"(?i)\s*(%[^\n]*\s+)*@relation", "an ARFF table", "scipy.io.arff reads it; write a CSV"),
    (r"[-+.\d]+( \d+:[-+.\de]+){3}", "a LIBSVM table",
     "sklearn.datasets.load_svmlight_file reads it; write a CSV"),
    (r"(\xef\xbb\xbf)?\s*(\"?sep=[^\r\n]*[\r\n]+)?(([^,;|\t\r\n\0]*[,;|\t]){16}"
     r"|[-+.\d]+([ \t]+[-+.\deE]+){16})", "table", ""),
    (r"[^\0]+\Z", "text", "no table of digits"),
    (r"(?s).", "no text file", "and none of the kinds known here"),
]  # fmt: skip


class Refused(ValueError):
    """What is wrong with a file, said after its name: not to be taken for damage."""


class Guarded(io.RawIOBase):
    """A stream that counts what it gives, and ends where that is far more than digits would be."""

    def __init__(self, stream, packed=None):
        self.stream, self.packed, self.count = stream, packed, 0

    def readable(self):
        """Say that it can be read: io.BufferedReader asks."""
        return True

    def readinto(self, buffer):
        """Fill the buffer, to its end where there is enough left."""
        done, view = 0, memoryview(buffer)
        while done < len(view) and (piece := self.stream.read(len(view) - done)):
            view[done : done + len(piece)] = piece
            done += len(piece)
        self.count += done
        if self.packed:
            check_density(self.count, self.packed.count)
        return done


def check_density(size, packed):
    """Refuse what unpacks into far more than digits would."""
    if size > max(2**26, DENSEST * packed):
        raise Refused(f"unpacks to more than {DENSEST} times its size: it can't hold digits")


def peeled(stream):
    """Return the form of what an open file holds, and a reader of that with the packing off."""
    raw = Guarded(stream)
    for _ in range(4):
        file = io.BufferedReader(raw, HEAD)
        form = form_of(file.peek(HEAD))
        if not callable(form[2]):
            return form, file
        raw = Guarded(form[2](file), raw)
    raise Refused("is packed more than three times over: unpack it first")


def form_of(start):
    """Return the row of FORMS for a file's first bytes."""
    text = start.decode("latin-1")
    return next(form for form in FORMS if re.match(form[0], text, re.ASCII))


def refusal(form, file):
    """Return the sentence for a form that can't be read; of a text, its beginning."""
    _, kind, cure = form
    if kind in ("text", "no text file"):
        line = file.peek(HEAD).lstrip()[:300].splitlines()[0].decode("utf-8", "replace")
        cure += f": it begins with {line[:30]!r}"
    return Refused(f"is {kind}: {cure}")
