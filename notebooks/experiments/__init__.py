"""The labs' long runs, in four rooms: settings (tables), one run (fit), what is kept (results), and
the command line: ``python notebooks/experiments NAME``. A page says ``from experiments import
results, tables``; nothing in `nnlib` knows of this folder.
"""
