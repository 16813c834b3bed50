"""How fast does nnlib train, and how fast do others? ``python tests/benchmarks/training.py``

Every peer trains the same network from the same weights on the same batches in the same type, with
the same number of threads, in one process and in turns; that all of them arrive at the same weights
is checked. What is compared is time per step or epoch, as a ratio to the floor: the step's matrix
products alone, with ``np.matmul`` into arrays that are there already. Each ratio is the median of
the ratios of single turns, at least five.

Sections: steps, epochs, history (what recording costs), scaling, accuracy (seconds to 97 % and
98 %), memory. Full MNIST is used where it is there; else random arrays of its shape, on which
accuracy means nothing, so that section is skipped. PyTorch and JAX come with ``pip install -e
".[compare]"``; a peer that is missing is named.

Results: results/training.csv and .json, and pictures made of them. A section or thread count that
is run alone replaces its own rows only.

The rooms: peers.py (the loops that are timed), measuring.py (the sections), drawing.py (tables and
pictures); here, the command line, which starts a process for each measurement.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from drawing import SECTIONS, draw, keep, print_tables
from measuring import MEASURES
from peers import missing_peers

RESULTS = Path(__file__).parent / "results"
MEMORY = [
    "data alone", "nnlib", "nnlib.train", "JAX jit", "PyTorch eager", "PyTorch DataLoader",
    "scikit-learn",
]  # fmt: skip


def environment(threads):
    """Return this process's environment with every library held to so many threads."""
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    flags = {"XLA_FLAGS": os.environ.get("XLA_FLAGS", "")}
    if threads == 1:
        flags["XLA_FLAGS"] += " --xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    return os.environ | dict.fromkeys(names, str(threads)) | flags | {"NNLIB_PROGRESS": "0"}


def start_worker(section, dtype, threads, options, peer=None):
    """Measure one section in a process of its own; return its rows."""
    command = [sys.executable, __file__, "--worker", section, dtype, str(threads)]
    command += [peer] if peer else []
    command += ["--turns", str(options.turns), *(["--quick"] if options.quick else [])]
    done = subprocess.run(command, env=environment(threads), stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{section} failed, see above")
    return json.loads(done.stdout.splitlines()[-1])


def be_worker(options):
    """Measure one section here and print its rows as JSON."""
    section, dtype, threads, *peer = options.worker
    threads = int(threads)
    if hasattr(os, "sched_setaffinity"):  # JAX listens to nothing else
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, cores[-threads:])
    missing = missing_peers() if section != "memory" else {}
    if "PyTorch eager" not in missing and section != "memory":
        import torch

        torch.set_num_threads(threads)
    rows = MEASURES[section](options, np.dtype(dtype), threads, missing, *peer)
    print(json.dumps(rows))


def measure(options, missing):
    """Measure every section, type and thread count that is wanted; return the rows."""
    rows = []
    for section in options.only:
        for dtype in options.dtype or (["float32"] if options.quick else ["float32", "float64"]):
            counts = options.threads or ([1] if options.quick else [1, 2])
            for threads in counts if section in ("steps", "epochs") else counts[:1]:
                for peer in MEMORY if section == "memory" else [None]:  # memory: a process each
                    if peer not in missing:
                        rows += start_worker(section, dtype, threads, options, peer)
    return rows


def build_parser():
    """Return the parser of the command line's options."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="float32, fewer networks and turns")
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=SECTIONS)
    parser.add_argument("--threads", nargs="+", type=int, default=None, help="default: 1 2")
    parser.add_argument("--dtype", nargs="+", choices=("float32", "float64"), default=None)
    parser.add_argument("--turns", type=int, default=7, help="at least 5 (default: 7)")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the results")
    parser.add_argument("--worker", nargs="+", help=argparse.SUPPRESS)
    return parser


def main():
    """Run what was asked for."""
    options = build_parser().parse_args()
    options.turns = max(5, options.turns)
    if options.worker:
        return be_worker(options)
    missing = missing_peers_quietly()
    for peer, reason in missing.items():
        print(f"{peer}: {reason}")
    rows = measure(options, missing)
    if rows:
        table = keep(rows, options.out)
        print_tables(table[table["section"].isin(options.only)])
        draw(table, options.out)


def missing_peers_quietly():
    """Ask a process of its own which peers are missing, so that this one stays small."""
    code = "import json, peers; print(json.dumps(peers.missing_peers()))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parent, stdout=subprocess.PIPE, text=True
    )
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    sys.exit(main())
