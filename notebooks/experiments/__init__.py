"""The labs' long runs: settings (tables), one run (fit), what is kept (results), command line.

``python notebooks/experiments NAME`` computes what is missing. A page says ``from experiments
import results, tables``; nothing in `nnlib` knows of this folder.
"""
