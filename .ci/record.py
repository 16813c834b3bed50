"""Re-record notebooks: executed top to bottom in one fresh kernel; twice gives the same bytes.

python .ci/record.py [NOTEBOOK …]      (all of them, if none is named)
"""

import os
import subprocess
import sys
from pathlib import Path

os.chdir(Path(__file__).resolve().parent.parent)
notebooks = sys.argv[1:] or sorted(map(str, Path("notebooks").glob("*.ipynb")))
command = [sys.executable, "-m", "jupyter", "nbconvert", "--to", "notebook", "--execute"]
options = [
    "--inplace",
    "--ExecutePreprocessor.record_timing=False",  # or each run stores other times
    # the kernel may split a stream anywhere, by its clock
    "--NotebookExporter.preprocessors=nbconvert.preprocessors.CoalesceStreamsPreprocessor",
]
sys.exit(
    subprocess.run(
        [*command, *options, *notebooks], env=os.environ | {"NNLIB_PROGRESS": "0"}
    ).returncode
)
