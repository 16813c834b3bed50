"""Plumbing: what a gradient check found, as lines to read and numbers to test."""

import numpy as np

from nnlib.plumbing.arguments import as_real, describe

TOLERANCE = 1e-6  # ‖a − n‖ / (‖a‖ + ‖n‖) of a right gradient stays under it in float64


class GradientReport:
    """One row for each array: how far the analytic gradient is from the numerical one.

    Attributes
    ----------
    rows : list of dicts with the keys array, shape, relative_error (‖a − n‖ / (‖a‖ + ‖n‖)),
        max_error (max|a − n| / max|a|), left_out (entries at a kink) and passed
    """

    def __init__(self):
        self.rows = []
        self._drawn, self._beside = {}, set()

    @property
    def passed(self):
        """True where there are arrays, and every one of them passed."""
        return bool(self.rows) and all(row["passed"] for row in self.rows)

    @property
    def unmeasured(self):
        """Names of the arrays whose entries all lie at a kink: nothing could be compared."""
        return [r["array"] for r in self.rows if r["left_out"] == self._drawn[r["array"]]]

    def __bool__(self):
        return self.passed

    def __getitem__(self, name):
        """Return the row of one array, by its name, as in report["W1"]."""
        return {row["array"]: row for row in self.rows}[name]

    def __repr__(self):
        lines = [
            f"{row['array']:<4} {str(row['shape']):<12} {self._said(row)}" for row in self.rows
        ]
        return "\n".join([*lines, "passed" if self.passed else "failed"])

    def _said(self, row):
        """Return the verdict on one array in words."""
        name, kinks = row["array"], ""
        if row["left_out"]:
            kinks = f", {row['left_out']} of {self._drawn[name]} at a kink, left out"
        if name in self._beside:
            kinks += "; measured beside it"
        elif row["left_out"] == self._drawn[name]:
            return f"not measured{kinks}: try a smaller h"
        if row["passed"]:
            return f"right: under {TOLERANCE:.0e}{kinks}"
        return f"WRONG: {verdict(row)}{kinks}"

    def table(self):
        """Return the rows as a pandas DataFrame."""
        import pandas as pd

        return pd.DataFrame(self.rows)

    def check_layers(self, params, grads):
        """Return the gradients, or raise unless there is a pair (dW, db) for every layer."""
        pairs = isinstance(grads, (list, tuple)) and all(
            isinstance(pair, (list, tuple)) and len(pair) == 2 for pair in grads
        )
        if not pairs or len(grads) != len(params):
            raise ValueError(
                f"backward must return a list of {len(params)} pairs (dW, db), one a layer; it "
                f"returned {f'{len(grads)} pairs' if pairs else describe(grads)}."
            )
        return grads

    def check_shape(self, name, theta, gradient):
        """Return a gradient as an array, or raise where it has not the shape of its array."""
        gradient = as_real(f"d{name}", gradient)
        if gradient.shape != theta.shape:
            raise ValueError(
                f"d{name} has shape {gradient.shape}, but {name} has {theta.shape}: "
                "a gradient has the shape of what it differentiates by."
            )
        return gradient

    def add(self, name, shape, error, a, n, left_out=0):
        """Add the row of one array; a and n are the entries compared, error their distance."""
        left_out = int(left_out)
        self._drawn[name] = len(a) + left_out
        self.rows.append(
            {
                "array": name,
                "shape": shape,
                "relative_error": error,
                "max_error": largest_error(a, n, error),
                "left_out": left_out,
                "passed": bool(len(a) and error < TOLERANCE),  # NaN is not
            }
        )

    def take(self, other):
        """Take over from another report what could not be measured here."""
        for name in set(self.unmeasured) - set(other.unmeasured):
            self._beside.add(name)
            found = {k: other[name][k] for k in ("relative_error", "max_error", "passed")}
            self[name].update(found)


def largest_error(a, n, error):
    """Return max|a − n| / max|a|; where there is no such number, the error itself."""
    a, n = np.asarray(a, np.float64), np.asarray(n, np.float64)
    largest = np.abs(a).max(initial=0)
    if not 0 < largest < np.inf:
        return error
    with np.errstate(over="ignore", invalid="ignore"):
        return float(np.abs(a / largest - n / largest).max())


def verdict(row):
    """Return a rough size of an error that failed, which no processor changes."""
    error = row["relative_error"]
    if not np.isfinite(error):
        return "not a number"
    return "over 1e-2" if error > 1e-2 else "over 1e-4" if error > 1e-4 else "over 1e-6"
