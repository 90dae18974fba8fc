"""Desireline: self-hosted customer journey analytics.

The import package is `collector`; the distribution and the command are `desireline`.
"""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("desireline")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0.0.0"
