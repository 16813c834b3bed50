"""Plumbing: what a gradient check found, as lines to read and numbers to test."""

import numpy as np

from nnlib.plumbing.arguments import describe

TOLERANCE = 1e-6  # ‖a − n‖ / (‖a‖ + ‖n‖) of a right gradient stays under it in float64


class GradientReport:
    """One row for each array: how far the analytic gradient is from the numerical one.

    Attributes
    ----------
    rows : list of dicts with the keys array, shape, relative_error (‖a − n‖ / (‖a‖ + ‖n‖)),
        max_error (max|a − n| / max|a|) and passed
    """

    def __init__(self):
        self.rows = []

    @property
    def passed(self):
        """True where every array passed."""
        return all(row["passed"] for row in self.rows)

    def __bool__(self):
        return self.passed

    def __getitem__(self, name):
        """Return the row of one array, by its name, as in report["W1"]."""
        return {row["array"]: row for row in self.rows}[name]

    def __repr__(self):
        lines = [
            f"{row['array']:<4} {str(row['shape']):<12} "
            + (f"right: under {TOLERANCE:.0e}" if row["passed"] else f"WRONG: {verdict(row)}")
            for row in self.rows
        ]
        return "\n".join([*lines, "passed" if self.passed else "failed"])

    def table(self):
        """Return the rows as a pandas DataFrame."""
        import pandas as pd

        return pd.DataFrame(self.rows)

    def check_layers(self, params, grads):
        """Raise a ValueError unless there is a pair (dW, db) for every layer."""
        pairs = isinstance(grads, (list, tuple)) and all(
            isinstance(pair, (list, tuple)) and len(pair) == 2 for pair in grads
        )
        if not pairs or len(grads) != len(params):
            raise ValueError(
                f"backward must return a list of {len(params)} pairs (dW, db), one a layer; it "
                f"returned {f'{len(grads)} pairs' if pairs else describe(grads)}."
            )

    def check_shape(self, name, theta, gradient):
        """Raise a ValueError where a gradient has not the shape of its array."""
        if np.shape(gradient) != theta.shape:
            raise ValueError(
                f"d{name} has shape {np.shape(gradient)}, but {name} has {theta.shape}: "
                "a gradient has the shape of what it differentiates by."
            )

    def add(self, name, shape, error, a, n):
        """Add the row of one array; a and n are the entries compared, error their distance."""
        largest = np.abs(a).max()
        self.rows.append(
            {
                "array": name,
                "shape": shape,
                "relative_error": error,
                "max_error": float(np.abs(a - n).max() / largest) if largest > 0 else error,
                "passed": bool(error < TOLERANCE),
            }
        )


def verdict(row):
    """Return a rough size of an error that failed, which no processor changes."""
    error = row["relative_error"]
    if not np.isfinite(error):
        return "not a number"
    return "over 1e-2" if error > 1e-2 else "over 1e-4" if error > 1e-4 else "over 1e-6"
