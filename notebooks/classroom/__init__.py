"""A room of thirty: editions made from the lessons as they stand in this checkout.

``python notebooks/classroom EDITION OUT`` builds one; nothing is written twice. `source` reads the
lessons, `plan` their minutes, `mistakes` what goes wrong; each edition is a module of its own.
"""
