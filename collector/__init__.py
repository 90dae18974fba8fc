"""Desireline: self-hosted customer journey analytics.

The import package is `collector`; the distribution and the command are `desireline`.
"""

import os
from importlib.metadata import PackageNotFoundError, version

# Workers and the report threads already use every core: numpy's own threads would only fight them (an impact report
# took four times as long). It must be said before numpy is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

try:
    __version__ = version("desireline")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0.0.0"
