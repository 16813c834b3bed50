"""The public side: one address and version, stamped wherever they stand; a release made whole."""

import io
import re
import shutil
import subprocess
import sys
import urllib.parse
import zipfile
from dataclasses import replace

import pytest
from loopback import Server, dead_mirror
from test_colab import release, stamp
from test_notebooks import NOTEBOOKS, PAGES, ROOT, markdown, read, source

import nnlib
from classroom import public, site, slides
from nnlib.plumbing import away

yaml = pytest.importorskip("yaml", reason="PyYAML, which JupyterLab brings, is not installed")
ADDRESS = "https://github.com/a-school/digits.from-scratch"
MARKED = '# [project.urls]\n# Repository = "https://github.com/OWNER/NAME"'
STAMPED = [page for page in PAGES if page.name not in public.ALONE]


def with_address(text, address=ADDRESS):
    """Return a pyproject.toml whose address is this one; "" for none."""
    text = re.sub(r'(?m)^(# )?\[project\.urls\]\n(# )?Repository = ".*"$', MARKED, text)
    assert MARKED in text
    return text.replace(MARKED, f'[project.urls]\nRepository = "{address}"') if address else text


@pytest.fixture
def copy(tmp_path):
    """A copy of what is stamped and of what says with what; it has a public address."""
    folder = tmp_path / "a copy"
    (folder / "nnlib").mkdir(parents=True)
    shutil.copy(ROOT / "nnlib" / "__init__.py", folder / "nnlib")
    (folder / "notebooks").mkdir()
    for page in PAGES:
        shutil.copy(page, folder / "notebooks")
    for name in ("pyproject.toml", "README.md", "CHANGELOG.md", "CITATION.cff"):
        shutil.copy(ROOT / name, folder)
    changed(folder / "pyproject.toml", with_address)
    return folder


def changed(path, function):
    """Change a file's text."""
    path.write_text(function(path.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")


def contents_of(folder):
    """Return {name: bytes} of every file in a folder."""
    return {p.relative_to(folder).as_posix(): p.read_bytes()
            for p in folder.rglob("*") if p.is_file()}  # fmt: skip


def test_what_python_left_beside_the_files_is_not_packed(tmp_path):
    """A checkout in which something ran, with bytecode: most machines write it."""
    made = public.release()
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    for name in ("drawings", "experiments", "results"):
        left = tmp_path / "notebooks" / name / "__pycache__"
        left.mkdir(exist_ok=True)
        (left / "left.cpython-311.pyc").write_bytes(b"left")
    packed = release.packed(tmp_path, tmp_path, made)
    names = zipfile.ZipFile(packed).namelist()
    assert len(names) > 100 and not [name for name in names if "pyc" in name]


# ---------------------------------------------------------------- stamped


def test_this_checkout_is_stamped(capsys):
    assert stamp.main(["--check"]) == 0, capsys.readouterr().out


def test_a_stamp_reaches_everything_a_second_changes_nothing_and_it_can_be_taken_back(copy, capsys):
    changed(copy / "pyproject.toml", lambda text: with_address(text, ""))
    assert stamp.main([], copy) == 0
    without = contents_of(copy)
    assert not any(b"colab.research.google.com/github" in data for data in without.values())
    changed(copy / "pyproject.toml", with_address)
    assert stamp.main(["--check"], copy) == 1
    assert stamp.main([], copy) == 0
    said = capsys.readouterr().out
    for name in ("README.md", "CITATION.cff", *(f"notebooks/{page.name}" for page in STAMPED)):
        assert f"not stamped: {name}\n" in said and f"\nstamped: {name}\n" in said
        assert ADDRESS.removeprefix("https://") in (copy / name).read_text(encoding="utf-8") or (
            ADDRESS.removeprefix("https://github.com/") in (copy / name).read_text("utf-8")
        )
    after = contents_of(copy)
    assert stamp.main([], copy) == 0 and capsys.readouterr().out == ""
    assert contents_of(copy) == after
    changed(copy / "pyproject.toml", lambda text: with_address(text, ""))
    assert stamp.main([], copy) == 0 and contents_of(copy) == without


def test_links_with_an_address_have_words_and_lead_to_pages_that_there_are(copy):
    stamp.main([], copy)
    readme = (copy / "README.md").read_text(encoding="utf-8")
    assert re.search(r"\[!\[Open in Colab\]\(https://\S+\.svg\)\]\(https://colab\.", readme)
    assert re.search(r"\[!\[Open on Binder\]\(https://\S+\.svg\)\]\(https://mybinder\.", readme)
    contents = markdown(copy / "notebooks" / "00_contents.ipynb")
    for page in NOTEBOOKS:
        assert len(re.findall(rf"\[L(?:esson|ab) \d+ (?:in Colab|on Binder)\]\(\S*{page.name}\)",
                              contents)) == 2, page.name  # fmt: skip
    links = re.findall(r"\]\((https://(?:colab|mybinder)[^)]*\.ipynb)\)", f"{readme}{contents}")
    assert len(links) == 4 + 2 * len(NOTEBOOKS)
    tag, name = f"v{nnlib.__version__}", ADDRESS.removeprefix("https://github.com/")
    for link in links:
        if "colab" in link:
            page = link.removeprefix(f"https://colab.research.google.com/github/{name}/blob/{tag}/")
        else:
            url = urllib.parse.urlsplit(link)
            assert url.path == f"/v2/gh/{name}/{tag}"
            (place,) = urllib.parse.parse_qs(url.query)["urlpath"]
            page = place.removeprefix("lab/tree/")
        assert (ROOT / page).is_file(), link


def test_a_stamped_page_is_in_form(copy):
    stamp.main([], copy)
    for page in STAMPED:
        book = read(copy / "notebooks" / page.name)
        note, code = book["cells"][1:3]
        assert [note["id"], code["id"]] == list(stamp.IDS) and code["outputs"] == []
        assert source(code).splitlines()[2:] == [
            'if "google.colab" in sys.modules:',
            f'    home = "{ADDRESS}/releases/download/v{nnlib.__version__}"',
            f'    release = f"{{home}}/nnlib-{nnlib.__version__}"',
            "    %pip install -q --no-deps {release}-py3-none-any.whl "
            "mlxtend pooch anywidget psygnal",
            "    !{sys.executable} -m nnlib.plumbing.away {release}-files.zip",
        ]
        counts = [c["execution_count"] for c in book["cells"] if c["cell_type"] == "code"]
        assert counts == list(range(1, len(counts) + 1))
        assert max(map(len, source(code).splitlines())) <= 88
        ids = [cell["id"] for cell in book["cells"]]
        assert len(set(ids)) == len(ids)


def test_the_address_stands_in_one_place():
    """No page, script or text of the checkout names it or the placeholder by itself."""
    said = public.release().address or "github.com/OWNER/NAME"
    texts = [p for kind in ("*.py", "*.md", "*.toml", "*.yml") for p in ROOT.rglob(kind)]
    texts = [p for p in texts if not {".git", ".venv", "node_modules"} & set(p.parts)]
    named = {p.relative_to(ROOT).as_posix() for p in texts if said in p.read_text("utf-8")}
    stamped = {"README.md", "CITATION.cff"} if public.release().address else set()
    assert named - stamped == {"pyproject.toml", "tests/test_release.py"}


def test_without_an_address_no_page_has_a_link_to_nowhere():
    made = replace(public.release(), address="")
    assert made.colab("a.ipynb") == made.binder("a.ipynb") == public.badges(made, "a.ipynb") == ""
    assert "url" not in public.citation(made) and "http" not in "".join(public.cells(made))


@pytest.mark.parametrize(
    "address",
    ["http://github.com/a/b", "https://gitlab.com/a/b", "https://github.com/a", "github.com/a/b",
     "https://github.com/a/b/", "https://github.com/a/b/tree/main", "https://github.com/-a/b",
     "https://github.com/a/b\\nc", 'https://github.com/a/b?c=1'],
)  # fmt: skip
def test_an_address_of_another_form_is_refused_and_nothing_is_stamped(address, copy, capsys):
    changed(copy / "pyproject.toml", lambda text: text.replace(ADDRESS, address))
    before = contents_of(copy)
    assert stamp.main([], copy) == 1
    said = capsys.readouterr().err
    assert "https://github.com/owner/name" in said and len(said) < 300
    assert contents_of(copy) == before


@pytest.mark.parametrize(
    "name, old, new, words",
    [
        ("CHANGELOG.md", r"## \d+\.\d+\.\d+ \(.*\)", "## 9.9.9 (2030-01-01)", "is 9.9.9"),
        ("CHANGELOG.md", r"\(\d{4}-\d\d-\d\d\)", "(2026-02-30)", "day"),
        ("nnlib/__init__.py", r'__version__ = "[^"]*"', '__version__ = "9.9.9"', "nnlib is 9.9.9"),
        ("README.md", "<!-- end of public links -->", "", "once each, in this order"),
    ],
)  # fmt: skip
def test_what_does_not_agree_is_told_and_nothing_is_stamped(name, old, new, words, copy, capsys):
    changed(copy / name, lambda text: re.sub(old, new, text, count=1))
    before = contents_of(copy)
    assert stamp.main([], copy) == 1
    assert words in capsys.readouterr().err
    assert contents_of(copy) == before


def test_the_site_links_each_page_where_there_is_an_address(copy, tmp_path, monkeypatch):
    monkeypatch.setattr(slides, "asset", lambda *_: b"")
    stamp.main([], copy)
    site.prepared(tmp_path / "with", copy)
    changed(copy / "pyproject.toml", lambda text: with_address(text, ""))
    stamp.main([], copy)
    site.prepared(tmp_path / "without", copy)
    for page in PAGES:
        texts = [
            source(read(tmp_path / kind / page.name)["cells"][0]) for kind in ("with", "without")
        ]
        links = re.findall(rf"\]\((https://\S*{page.name})\)", texts[0])
        assert len(links) == (0 if page.name in public.ALONE else 2), page.name
        assert "https://" not in texts[1]


def test_the_citation_has_what_its_schema_wants():
    """Its form is https://citation-file-format.github.io's 1.2.0; cffconvert found it valid."""
    for made in (public.release(), replace(public.release(), address=ADDRESS)):
        said = yaml.safe_load(public.citation(made))
        assert {"cff-version", "message", "title", "authors"} <= set(said)
        assert said["cff-version"] == "1.2.0" and said["type"] == "software"
        assert said["version"] == nnlib.__version__ and str(said["date-released"]) == made.date
        assert all(set(author) == {"name"} for author in said["authors"])
        assert said["license"] == "MIT" and "MIT License" in (ROOT / "LICENSE").read_text("utf-8")
        assert said["authors"][0]["name"] in (ROOT / "LICENSE").read_text("utf-8")
        assert said.get("repository-code", "") == said.get("url", "") == made.address
        assert (ROOT / "README.md").read_text("utf-8").startswith(f"# {said['title']}\n")


# ---------------------------------------------------------------- the release


def released(place):
    """Make a release of this checkout, maybe with changes that nobody has committed yet."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(release, "git_doubts", lambda *_: [])
        assert release.main([str(place), "--not-tried"]) == 0


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    """A release of this checkout, not tried."""
    place = tmp_path_factory.mktemp("release") / "new folder"
    released(place)
    return place


def test_a_release_has_three_files_and_its_notes(out, capsys):
    version = nnlib.__version__
    assert {path.name for path in out.iterdir()} == {
        f"nnlib-{version}-py3-none-any.whl", f"nnlib-{version}-files.zip",
        f"nnlib-{version}.tar.gz", "notes.md",
    }  # fmt: skip
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    notes = (out / "notes.md").read_text(encoding="utf-8")
    assert notes.strip() and notes in changes and "\n## " not in notes


def test_the_same_checkout_gives_the_same_bytes(out, tmp_path):
    released(tmp_path)
    for path in out.iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name


def test_the_files_are_those_that_pages_read(out):
    """Whatever string of a page's code names a file beside it, the archive holds."""
    with zipfile.ZipFile(next(out.glob("*-files.zip"))) as archive:
        inside = set(archive.namelist())
    for page in STAMPED:
        code = "\n".join(source(c) for c in read(page)["cells"] if c["cell_type"] == "code")
        for name in re.findall(r"""["']((?:results|drawings|images)(?:/[\w./-]+)?)["']""", code):
            assert name in inside or any(n.startswith(f"{name}/") for n in inside), name
        if re.search(r"(?m)^from experiments import|^import experiments", code):
            assert "experiments/__init__.py" in inside
        assert not re.search(r"\b(classroom|tests)\b[/.]", code), f"{page.name} reads the checkout"
    assert len(inside) > 150 and not [n for n in inside if "__pycache__" in n or n.startswith("/")]


def test_next_steps_are_told_with_and_without_an_address(tmp_path):
    made = public.release()
    files = [tmp_path / "a.whl", tmp_path / "b.zip"]
    told = "\n".join(release.next_steps(tmp_path, replace(made, address=ADDRESS), files))
    assert f"git tag -a v{made.version}" in told and f"gh release create v{made.version}" in told
    told = "\n".join(release.next_steps(tmp_path, replace(made, address=""), files))
    assert "gh " not in told and "upload a.whl and b.zip" in told


def emptied(changes):
    """Return a changelog whose newest heading has nothing below it."""
    return re.sub(r"(?s)(## .*?\)\n).*?(?=## )", r"\1\n", changes, count=1)


@pytest.mark.parametrize(
    "name, function, words",
    [
        ("CHANGELOG.md", lambda t: f"## Unreleased\n\n- New.\n\n{t}", "begins with Unreleased"),
        ("CHANGELOG.md", emptied, "says nothing of"),
        ("CHANGELOG.md", lambda t: re.sub(r"\d{4}-\d\d-\d\d", "2999-01-01", t, count=1), "to come"),
        ("CITATION.cff", lambda t: t.replace(nnlib.__version__, "0.0.9"), "stamped: CITATION.cff"),
        ("notebooks/05_training.ipynb", lambda t: t.replace("--no-deps", "-U"), "05_training"),
    ],
)  # fmt: skip
def test_a_release_that_does_not_agree_is_refused(name, function, words, copy, tmp_path, capsys):
    stamp.main([], copy)
    changed(copy / name, function)
    capsys.readouterr()
    assert release.main([str(tmp_path / "out"), "--not-tried"], copy) == 1
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_release_that_git_does_not_hold_is_refused(copy, tmp_path, capsys):
    git = shutil.which("git") or pytest.skip("git is not installed")

    def run(*command):
        about = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
        subprocess.run([git, *about, *command], cwd=copy, check=True, capture_output=True)

    stamp.main([], copy)
    run("init", "-q")
    made = public.release(copy)
    assert "are not committed" in " ".join(release.git_doubts(copy, made))
    run("add", "-A")
    run("commit", "-q", "-m", "one")
    run("tag", made.tag)
    assert release.git_doubts(copy, made) == []
    run("commit", "-q", "--allow-empty", "-m", "two")
    assert release.main([str(tmp_path / "out"), "--not-tried"], copy) == 1
    assert f"the tag {made.tag} stands at another commit" in capsys.readouterr().err


# ---------------------------------------------------------------- fetched


def archive(**files):
    """Return a zip's bytes."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as made:
        for name, text in files.items():
            made.writestr(name, text)
    return kept.getvalue()


GOOD = archive(**{"results/a.csv": "1", "drawings/b.png": "2"})


def test_files_are_fetched_once_and_what_is_there_stays(tmp_path):
    with Server({"x/y-files.zip": GOOD}) as server:
        address = f"{server.mirror('good')}x/y-files.zip"
        assert away.fetch(address, tmp_path) == (2, 0)
        (tmp_path / "results" / "a.csv").write_text("mine")
        (tmp_path / "drawings" / "b.png").unlink()
        assert away.fetch(address, tmp_path) == (1, 1)
    assert (tmp_path / "results" / "a.csv").read_text() == "mine"
    assert (tmp_path / "drawings" / "b.png").read_text() == "2"


@pytest.mark.parametrize(
    "behaviour, words",
    [("missing", "answered 404"), ("failing", "answered 500"), ("portal", "damaged"),
     ("truncated", "can't be fetched"), ("dying", "can't be fetched"), ("empty", "damaged"),
     ("unlabelled", "damaged")],
)  # fmt: skip
def test_what_cannot_be_fetched_is_told_and_nothing_is_written(behaviour, words, tmp_path):
    with Server({"f.zip": GOOD}) as server, pytest.raises(OSError, match=words) as caught:
        away.fetch(f"{server.mirror(behaviour)}f.zip", tmp_path)
    assert len(str(caught.value)) < 300 and "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "name", ["../out.txt", "/out.txt", "results/../../out.txt", "C:\\out.txt", "..\\out.txt", "\\o"]
)
def test_a_name_that_leaves_the_folder_is_refused(name, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "a.zip").write_bytes(archive(**{"results/a.csv": "1", name: "2"}))
    with pytest.raises(OSError, match="is no release's"):
        away.fetch(tmp_path / "a.zip", tmp_path / "in")
    assert not list((tmp_path / "in").iterdir()) and not (tmp_path / "out.txt").exists()


def test_a_damaged_archive_is_told(tmp_path):
    middle = GOOD.index(b"1")
    (tmp_path / "a.zip").write_bytes(GOOD[:middle] + b"9" + GOOD[middle + 1 :])
    with pytest.raises(OSError, match="damaged"):
        away.fetch(tmp_path / "a.zip", tmp_path)


def test_the_command_says_what_it_did_or_what_is_wrong(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a-files.zip").write_bytes(GOOD)
    monkeypatch.setattr(away.importlib.metadata, "version", {"nnlib": "1", "numpy": "2"}.get)
    assert away.main(["a-files.zip"]) == 0 and away.main(["a-files.zip"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert "nnlib 1 is installed, beside NumPy 2 as it was; 2 files" in first
    assert "0 files" in second and second.endswith("2 were there.")
    assert away.main(["b-files.zip"]) == 1
    assert "Put the release's files beside this page." in capsys.readouterr().err
    with pytest.raises(OSError, match="no connection"):
        away.fetch(f"{dead_mirror()}f.zip", tmp_path)


def test_anywhere_else_the_first_cell_does_nothing(monkeypatch):
    shell = pytest.importorskip("IPython.core.interactiveshell").InteractiveShell()
    for name in ("run_line_magic", "system"):
        monkeypatch.setattr(shell, name, lambda *_: pytest.fail("a magic was run"))
    assert "google.colab" not in sys.modules
    for page in STAMPED:
        assert shell.run_cell(source(read(page)["cells"][2])).success
    monkeypatch.setitem(sys.modules, "google.colab", object())
    ran = []
    monkeypatch.setattr(shell, "run_line_magic", lambda name, line, **_: ran.append(line))
    monkeypatch.setattr(shell, "system", ran.append)
    assert shell.run_cell(public.cells(public.release())[1]).success
    assert len(ran) == 2 and "install -q --no-deps" in ran[0] and "nnlib.plumbing.away" in ran[1]
