"""What /metrics says, read as Prometheus reads it, and whether its accounting comes out even."""

from __future__ import annotations

from collections import Counter

from prometheus_client.parser import text_string_to_metric_families

Figures = dict[tuple[str, tuple[tuple[str, str], ...]], float]
OUTCOMES = ("stored", "flagged", "duplicate", "quarantined", "refused")


def read(text: str) -> Figures:
    """Every sample: (name, labels) -> value."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def by(found: Figures, name: str, label: str) -> Counter[str]:
    """The sums of a metric by one of its labels."""
    sums: Counter[str] = Counter()
    for (one, labels), value in found.items():
        if one == name:
            sums[dict(labels).get(label, "")] += int(value)
    return sums


def uneven(found: Figures) -> int:
    """Received minus everything that became of it; 0 where the accounting holds."""
    ends = by(found, "desireline_events_total", "outcome")
    assert set(ends) <= set(OUTCOMES)
    return by(found, "desireline_events_received_total", "").total() - ends.total()
