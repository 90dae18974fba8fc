"""Measurements of the promises that are about speed, each beside another engine in the same run.

May touch: every room, temporary files. Must never: be imported by the product.
Run them with `make bench`, or one by one, as in `python -m benchmarks.funnel --events 1000000`.
"""
