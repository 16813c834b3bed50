"""A folder for a USB stick: all that pip needs in a room without network, and the student's zip.

The README's two commands work from it once pip knows where to look: two variables, which the
README.txt on the stick says. Wheels are those of this machine's platform and Python, and of others
where they are named.
"""

import subprocess
import sys
from pathlib import Path

from classroom import source, student
from nnlib.plumbing.writing import written_whole

README = """A room without network
======================

Wheels for: {what}.

1. Copy this folder from the stick to the laptop, and unpack student.zip beside `wheels`.
2. Open a terminal in the unpacked folder, {top}, and tell pip where the wheels lie:

   Linux, macOS:    export PIP_NO_INDEX=1 PIP_FIND_LINKS="$PWD/../wheels"
   PowerShell:      $env:PIP_NO_INDEX = 1; $env:PIP_FIND_LINKS = "$PWD\\..\\wheels"

3. Paste the line of that folder's README.md. It installs from the wheels and downloads nothing.

On a file server the wheels can stay where they are: let PIP_FIND_LINKS name that folder.
Full MNIST, where a lab's experiment wants it: put its four files into a folder, and let
NNLIB_DATA_DIR name it. The lessons don't need it.
"""


def download(wheels, options):
    """Let pip fetch the wheels of requirements.txt, but for nnlib itself, into a folder."""
    lines = (source.ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pinned = [line for line in lines if line.strip() and not line.startswith(("#", "-e"))]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run(
        [*command, "--dest", str(wheels), "--only-binary=:all:", *options, *pinned],
        capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode != 0:
        last = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or ["?"]
        raise OSError(f"pip could not fetch the wheels {' '.join(options)}: {last[-1][:200]}")


def build(out, platforms=(), python=None):
    """Fill `out`/stick with wheels, the student's zip and a README; return the folder."""
    place = Path(out) / "stick"
    wheels = place / "wheels"
    wheels.mkdir(parents=True, exist_ok=True)
    download(wheels, [])
    for platform in platforms:
        version = ["--python-version", python] if python else []
        download(wheels, ["--platform", platform, *version])
    student.build(place)
    here = f"{sys.platform} with Python {sys.version_info[0]}.{sys.version_info[1]}"
    more = [f"{name} with Python {python}" if python else name for name in platforms]
    text = README.format(what=", ".join([here, *more]), top=student.TOP)
    with written_whole(place / "README.txt") as file:
        file.write(text.encode())
    return place
