"""Measurements of the promises that are about speed, each beside another engine in the same run.

May touch: every room, temporary files. Must never: be imported by the product.
Run them with `make bench` (`ARGS=--quick` at one million events), or one by one, as in `python -m benchmarks.reports
--size 1m --only funnel`. Data and views are made once and kept in a folder for temporary files (`benchmarks.views`).
"""

# It must be said before numpy is first imported how many threads numpy may use, and the product says it.
import collector  # noqa: F401
