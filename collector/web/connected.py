"""What the door knows of a site's connections (`collector.catalog.connections`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Connected:
    """A site's connections.

    Attributes:
        chats: providers whose webhook tells of conversations, so that the browser's word on them would count twice.
        campaigns: whose ads may be counted when seen, with the source of each.
        pixel_key: signs addresses of ads of other campaigns, "" for nobody.
    """

    chats: frozenset[str] = frozenset()
    campaigns: Mapping[str, str] = field(default_factory=dict)
    pixel_key: str = ""

    @property
    def sees_ads(self) -> bool:
        """Whether ads are counted at all."""
        return bool(self.campaigns)


NOTHING = Connected()
