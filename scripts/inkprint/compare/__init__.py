"""Finished runs held against each other: what compare.py is made of."""
