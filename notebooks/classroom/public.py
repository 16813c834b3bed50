"""Where the project lies in public: one address in pyproject.toml, and all that hangs on it.

Links to Colab and Binder, the first cell of each page, badges, CITATION.cff: `.ci/stamp.py` writes
them, the site asks here. Without an address there is no link, since none would lead anywhere.
"""

import datetime
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from classroom import source

REPOSITORY = "Repository"  # its name in pyproject.toml's table [project.urls]
FILES = (  # what lessons and labs read, beside the page
    "experiments/*.py", "results/*", "drawings/*", "images/*",
)  # fmt: skip
SMALL = "mlxtend pooch anywidget psygnal"  # what Colab may lack; --no-deps: NumPy stays as it is
ALONE = {"notation.ipynb", "teaching.ipynb"}  # no code; the teacher's, which reads the checkout
TAG = "away"  # of the two cells that a page away from its folder begins with
TITLE = "A neural network from scratch, in notebooks you can trust"


@dataclass(frozen=True)
class Release:
    """What a release is: address, version, day; the address is "" where there is none."""

    address: str
    version: str
    date: str

    @property
    def tag(self):
        """The name of git's tag."""
        return f"v{self.version}"

    @property
    def name(self):
        """What the release's files begin with."""
        return f"nnlib-{self.version}"

    def colab(self, page):
        """Return the address that opens a page on Colab, or "" without a public address."""
        repository = self.address.removeprefix("https://github.com/")
        start = "https://colab.research.google.com/github"
        return repository and f"{start}/{repository}/blob/{self.tag}/notebooks/{page}"

    def binder(self, page):
        """Return the address that opens a page on Binder, or "" without a public address."""
        repository = self.address.removeprefix("https://github.com/")
        start = "https://mybinder.org/v2/gh"
        place = f"urlpath=lab/tree/notebooks/{page}"
        return repository and f"{start}/{repository}/{self.tag}?{place}"


def address_in(text):
    """Return the address that a pyproject.toml names, "" for none, or raise ValueError."""
    found = tomllib.loads(text).get("project", {}).get("urls", {}).get(REPOSITORY, "")
    owner = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
    if found and not re.fullmatch(rf"https://github\.com/{owner}/[\w.-]+", found):
        raise ValueError(
            f"pyproject.toml's {REPOSITORY} is {found}: Colab and Binder know an address of the "
            "form https://github.com/owner/name, without anything behind it."
        )
    return found


def dated(changelog):
    """Return (version, day) of the newest release that a changelog names; ("", "") for none."""
    found = re.search(r"(?m)^## (\d+\.\d+\.\d+\S*) \((\d{4}-\d\d-\d\d)\)$", changelog)
    if found:
        datetime.date.fromisoformat(found[2])  # raises ValueError for a day that there isn't
    return (found[1], found[2]) if found else ("", "")


def release(folder=source.ROOT):
    """Return what pyproject.toml, nnlib and the changelog of a checkout say of its release."""
    texts = {
        name: (Path(folder) / name).read_text(encoding="utf-8")
        for name in ("pyproject.toml", "nnlib/__init__.py", "CHANGELOG.md")
    }
    version = re.search(r'(?m)^__version__ = "([^"]+)"', texts["nnlib/__init__.py"])[1]
    known, day = dated(texts["CHANGELOG.md"])
    if known != version:
        raise ValueError(
            f"nnlib is {version}, and the newest release in CHANGELOG.md is {known or 'none'}: "
            f"let a heading say ## {version} (YYYY-MM-DD), or change nnlib.__version__."
        )
    return Release(address_in(texts["pyproject.toml"]), version, day)


# ---------------------------------------------------------------- what is stamped


def cells(made):
    """Return the two cells, markdown and code, that a page away from its folder begins with."""
    if made.address:
        said = "it fetches `nnlib` and the files that the labs read,"
        home = f'    home = "{made.address}/releases/download/{made.tag}"\n'
    else:
        said = "it installs `nnlib` from a release's two files, laid beside this page,"
        home = '    home = "."\n'
    note = (
        f"*On Google Colab, begin with the next cell: {said} and leaves Colab's NumPy as it is. "
        "Anywhere else it does nothing.*"
    )
    code = (
        "import sys\n\n"
        'if "google.colab" in sys.modules:\n'
        f"{home}"
        f'    release = f"{{home}}/{made.name}"\n'
        f"    %pip install -q --no-deps {{release}}-py3-none-any.whl {SMALL}\n"
        "    !{sys.executable} -m nnlib.plumbing.away {release}-files.zip"
    )
    return note, code


def badges(made, page, pictures=True):
    """Return links to a page on Colab and Binder, with pictures or in words; "" without address."""
    if not made.address:
        return ""
    links = (
        ("Open in Colab", made.colab(page), "https://colab.research.google.com/assets/colab-badge.svg"),
        ("Open on Binder", made.binder(page), "https://mybinder.org/badge_logo.svg"),
    )  # fmt: skip
    shown = [f"[![{said}]({badge})]({link})" if pictures else f"[{said}]({link})"
             for said, link, badge in links]  # fmt: skip
    return " ".join(shown) if pictures else " · ".join(shown)


def in_words(made, page):
    """Return the README's paragraph on running a page where nothing is installed."""
    colab, binder = made.colab(page), made.binder(page)
    if made.address:
        how = (
            f"Open the contents [on Binder]({binder}), which has everything, or\n"
            f"[in Colab]({colab}):\n"
            "there the first cell of each page installs `nnlib` and fetches what the labs read."
        )
    else:
        how = (
            "On [Google Colab](https://colab.research.google.com) the first cell of each page\n"
            "installs `nnlib` and the files that the labs read. Until this project has a public "
            "address, it takes them from beside the\npage: `python .ci/release.py OUT` makes two "
            f"files, `{made.name}-py3-none-any.whl` and\n`{made.name}-files.zip`; upload both with "
            "the page."
        )
    return (
        f"{how} (Tried by imitation, with\nColab's NumPy 2.0.2, "
        "pandas 2.2.2 and ipywidgets 7.7.1; not on Colab itself.)"
    )


def citation(made):
    """Return the text of CITATION.cff."""
    where = f'repository-code: "{made.address}"\nurl: "{made.address}"\n' if made.address else ""
    return (
        "# Written by .ci/stamp.py: change notebooks/classroom/public.py, not this file.\n"
        "cff-version: 1.2.0\n"
        'message: "If you use these lessons, please cite them as below."\n'
        "type: software\n"
        f'title: "{TITLE}"\n'
        'authors:\n  - name: "The nnlib authors"\n'
        f'version: "{made.version}"\n'
        f"date-released: {made.date}\n"
        "license: MIT\n"
        f"{where}"
        "keywords:\n  - neural networks\n  - NumPy\n  - MNIST\n  - teaching\n  - Jupyter\n"
    )
