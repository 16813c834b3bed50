"""Make a release: the wheel that Colab takes, the lessons' files, the source archive.

python .ci/release.py OUT [--not-tried]     (--not-tried: without the fresh environment)

Nothing is published. It refuses where version, changelog, CITATION.cff and pages don't agree,
installs the wheel into a fresh environment and trains with it, and prints what the maintainer types
next.
"""

import argparse
import datetime
import importlib.util
import io
import os
import re
import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "notebooks"))

from classroom import public  # noqa: E402
from nnlib.plumbing.writing import written_whole  # noqa: E402

spec = importlib.util.spec_from_file_location("stamp", Path(__file__).with_name("stamp.py"))
stamp = importlib.util.module_from_spec(spec)
spec.loader.exec_module(stamp)

LAST_LINE = re.compile(r"test accuracy: (0\.\d+) \(\d+/1000\)")


def doubts(folder, made):
    """Return a sentence for each thing that doesn't agree with what is to be released."""
    changes = (folder / "CHANGELOG.md").read_text(encoding="utf-8")
    found = []
    newest = re.search(r"(?m)^## (.*)$", changes)[1]
    if not newest.startswith(f"{made.version} ("):
        found.append(f"CHANGELOG.md begins with {newest}, and nnlib is {made.version}")
    if not notes(changes, made).strip():
        found.append(f"CHANGELOG.md says nothing of {made.version}")
    if datetime.date.fromisoformat(made.date) > datetime.date.today():
        found.append(f"the day of {made.version}, {made.date}, is still to come")
    stale = [path for path, text in stamp.stamped(folder).items() if not_so(path, text)]
    if stale:
        names = ", ".join(sorted(path.name for path in stale))
        found.append(f"not stamped: {names} (run python .ci/stamp.py)")
    return found


def git_doubts(folder, made):
    """Return a sentence for each thing that git knows and the release would not hold."""

    def git(*command):
        try:
            done = subprocess.run(["git", *command], cwd=folder, capture_output=True, text=True)
        except OSError:  # there is no git
            return ""
        return done.stdout.strip() if done.returncode == 0 else ""

    found = []
    if changed := git("status", "--porcelain").splitlines():
        found.append(f"{len(changed)} files are not committed, {changed[0].split()[-1]} for one")
    tagged = git("rev-parse", "--quiet", "--verify", f"{made.tag}^{{commit}}")
    if tagged and tagged != git("rev-parse", "HEAD"):
        found.append(f"the tag {made.tag} stands at another commit: choose a new version")
    return found


def not_so(path, text):
    """Return whether a file is missing or says something else."""
    return not path.exists() or path.read_text(encoding="utf-8") != text


def notes(changes, made):
    """Return what the changelog says of a release."""
    heading = rf"(?ms)^## {re.escape(made.version)} \({made.date}\)\n(.*?)(?=^## |\Z)"
    found = re.search(heading, changes)
    return found[1].strip() + "\n" if found else ""


def built(folder, out, made):
    """Build wheel and source archive into a folder: the same checkout gives the same bytes."""
    day = datetime.datetime.fromisoformat(made.date).replace(tzinfo=datetime.UTC)
    os.environ["SOURCE_DATE_EPOCH"] = str(int(day.timestamp()))
    from flit_core import buildapi

    before = Path.cwd()
    os.chdir(folder)
    try:
        return [out / buildapi.build_wheel(str(out)), out / buildapi.build_sdist(str(out))]
    finally:
        os.chdir(before)


def packed(folder, out, made):
    """Pack what lessons and labs read, for a page that lies alone."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        found = {p for pattern in public.FILES for p in (folder / "notebooks").glob(pattern)}
        for path in sorted(p for p in found if p.is_file() and "__pycache__" not in p.parts):
            info = zipfile.ZipInfo(path.relative_to(folder / "notebooks").as_posix())
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(info, path.read_bytes())
    path = out / f"{made.name}-files.zip"
    with written_whole(path) as file:
        file.write(kept.getvalue())
    return path


def tried(wheel, made):
    """Install the wheel into a fresh environment, and train with it; return its last line."""
    with tempfile.TemporaryDirectory() as place:
        venv.create(f"{place}/venv", with_pip=True)
        python = Path(place, "venv", *(("Scripts",) if os.name == "nt" else ("bin",)), "python")
        run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel)
        version = run(python, "-c", "import nnlib; print(nnlib.__version__)", cwd=place).strip()
        last = run(python, "-m", "nnlib", cwd=place).strip().splitlines()[-1]
    said = LAST_LINE.fullmatch(last)
    if version != made.version or not said or float(said[1]) < 0.8:
        raise ValueError(f"the installed wheel is {version} and says: {last}")
    return last


def run(*command, cwd=None):
    """Run a command; return what it printed, or raise ValueError with its last line."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "NNLIB"))}
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=clean, capture_output=True, text=True
    )
    if done.returncode != 0:
        last = (done.stderr.strip() or done.stdout.strip() or "?").splitlines()[-1]
        raise ValueError(f"{' '.join(map(str, command[1:4]))} failed: {last[:200]}")
    return done.stdout


def next_steps(out, made, files):
    """Return what the maintainer types next."""
    names = " ".join(str(path) for path in files)
    about = f"--title {made.version} --notes-file {out / 'notes.md'}"
    lines = [f"git tag -a {made.tag} -m '{made.version}'"]
    if made.address:
        lines += [
            f"git push origin HEAD {made.tag}",
            f"gh release create {made.tag} {names} {about}",
        ]
    else:
        lines += [
            "# pyproject.toml names no public address: without one these files are for a folder.",
            f"# On Colab: upload {files[0].name} and {files[1].name} beside the page.",
        ]
    return lines


def main(arguments=None, folder=ROOT):
    """Make the release; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python .ci/release.py", description=__doc__.split("\n")[0]
    )
    parser.add_argument("out", type=Path, metavar="OUT", help="the folder to write into")
    parser.add_argument("--not-tried", action="store_true", help="without the fresh environment")
    options = parser.parse_args(arguments)
    try:
        made = public.release(folder)
        if found := doubts(folder, made) + git_doubts(folder, made):
            raise ValueError("; ".join(found))
        out = options.out.resolve()
        out.mkdir(parents=True, exist_ok=True)
        wheel, sdist = built(folder, out, made)
        files = [wheel, packed(folder, out, made), sdist]
        with written_whole(out / "notes.md") as file:
            file.write(notes((folder / "CHANGELOG.md").read_text(encoding="utf-8"), made).encode())
        for path in files:
            print(f"{path.stat().st_size / 1e6:6.2f} MB  {path}")
        if not options.not_tried:
            print("from the wheel, in a fresh environment:", tried(wheel, made))
        print("now:\n  " + "\n  ".join(next_steps(out, made, files)))
        return 0
    except (ValueError, OSError) as error:
        print(f"release: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
