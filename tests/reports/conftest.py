"""The demo's site, for what is asked of every report."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.demo_site import DemoSite, demo_site


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoSite]:
    """The demo's site; tests must leave it as it is."""
    with demo_site(tmp_path_factory.mktemp("demo"), 250) as made:
        yield made
