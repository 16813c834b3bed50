"""What the labs derive: optimizers 8, own_digit 9, augment, regularisation 10, speed 12."""

import importlib

MODULES = ("augment", "optimizers", "own_digit", "regularisation", "speed")


def __getattr__(name):
    """Load a lab's module when it is first touched: ``nnlib.labs.speed`` needs SciPy."""
    if name in MODULES:
        return importlib.import_module(f"nnlib.labs.{name}")
    raise AttributeError(f"module 'nnlib.labs' has no attribute {name!r}")
