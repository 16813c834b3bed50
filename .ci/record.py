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
    "--NotebookExporter.preprocessors=stored.Stored",  # tests/stored.py: streams joined, no widgets
]
environment = os.environ | {"NNLIB_PROGRESS": "0", "PYTHONPATH": "tests"}
sys.exit(subprocess.run([*command, *options, *notebooks], env=environment).returncode)
