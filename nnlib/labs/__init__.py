"""Functions that the labs derive; each module belongs to one lab, and is loaded when touched."""

import importlib
import pkgutil


def __getattr__(name):
    """Load a lab's module when it is first touched, as in ``nnlib.labs.estimator``."""
    if name in {module.name for module in pkgutil.iter_modules(__path__)}:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
