"""A page under watch: what it logged, what it loaded, and what axe says of it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page, Request

from collector.reports.registry import reports
from collector.web.address import to_query
from tests.support.pages import Installation

HERE = Path(__file__).parent
AXE = HERE.parent.parent / "collector" / "static" / "dist" / "test" / "axe.min.js"
# Pictures of every page, to be looked at; never committed.
SHOTS = Path(os.environ.get("DESIRELINE_SHOTS") or HERE.parent.parent / "test-results" / "pages")
FUNNEL = "step=page:/&step=event:add_to_cart&step=event:purchase&window=14d&by=device"

# The pages whose whole point is an address that has nothing, or a question that cannot be answered.
REFUSED = {"funnel-wrong", "timeline-nobody", "not-found"}


def picture(page: Page, name: str) -> None:
    """The whole page as `name`.jpg, to be looked at."""
    page.screenshot(path=SHOTS / f"{name}.jpg", type="jpeg", quality=80, full_page=True)


@dataclass(slots=True)
class Served:
    """An installation and where it is served."""

    shop: Installation
    origin: str

    def person(self) -> str:
        """The user id of a known person, or a word that is nobody's."""
        return next((user for _, user in self.shop.ledger.persons(self.shop.site_id)), "nobody")

    def dashboard(self) -> int:
        """The number of a dashboard with a plot, a table and key numbers."""
        catalog, site = self.shop.catalog, self.shop.site_id
        known = catalog.dashboards(site)
        if known:
            return known[0].id
        made = catalog.add_dashboard(site, "The week", self.shop.now).id
        for report, block in (("overview", "people"), ("overview", "trend"), ("funnel", "steps")):
            catalog.pin_block(site, made, block, report, block, FUNNEL if report == "funnel" else "")
        return made


@dataclass(slots=True)
class Look:
    """A browser page that notes console messages, errors, violations of the policy and hosts spoken to."""

    page: Page
    served: Served
    problems: list[str] = field(default_factory=list)
    urls: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.page.on("console", lambda m: self.problems.append(m.text) if m.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("request", lambda request: self._note(request))

    def _note(self, request: Request) -> None:
        if request.url.startswith("http"):
            self.urls.add(request.url)

    @property
    def hosts(self) -> set[str]:
        """The hosts spoken to."""
        return {urlsplit(url).netloc for url in self.urls}

    def forget(self) -> None:
        """Begin to watch anew."""
        self.problems.clear()
        self.urls.clear()

    def open(self, path: str) -> Page:
        """Go there and wait until the scripts have drawn."""
        self.page.goto(self.served.origin + path)
        self.page.wait_for_load_state("load")
        return self.page

    def axe(self, *rules: str) -> list[str]:
        """Serious and critical violations, of these rules alone where any are named.

        axe comes from outside, since the policy refuses it inside: with the page, where its context has it as an init
        script, which takes a third less time than now.
        """
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE.read_text())
        options: dict[str, object] = {"resultTypes": ["violations"]}
        if rules:
            options["runOnly"] = list(rules)
        found = self.page.evaluate("options => axe.run(document, options)", options)
        return [
            f"{one['id']}: {one['help']} at {node['target']}"
            for one in found["violations"]
            if one["impact"] in ("serious", "critical")
            for node in one["nodes"]
        ]


def questions(served: Served) -> dict[str, str]:
    """Every report by its name, asked what this shop can answer: else its own example."""
    asked = {
        "visitors": "",
        "events": "",
        "funnel": f"?{FUNNEL}",
        "timeline": f"?person={served.person()}",
        "impact": "?exposure=event:chat_started&goal=event:purchase&all-time=1",
    }
    examples = {
        name: "?" + to_query([(key, value) for key, values in report.example.items() for value in values])
        for name, report in reports().items()
    }
    return {name: f"/shop/{name}{query}".rstrip("?") for name, query in (examples | asked).items()}


def pages(served: Served) -> dict[str, str]:
    """Every page by a name, with a question that has an answer."""
    person = served.person()
    return questions(served) | {
        "funnel-new": "/shop/funnel",
        "funnel-people": f"/shop/funnel?{FUNNEL}&people=reached&at=2",
        "funnel-wrong": "/shop/funnel?step=nonsense",
        "overview-one": "/shop/overview?_only=sources",
        "impact-new": "/shop/impact",
        "timeline-nobody": "/shop/timeline?person=nobody-at-all",
        "install": "/shop/install",
        "stages-new": "/shop/stages/edit",
        "settings": "/shop/settings",
        "connections": "/shop/connections",
        "spend": "/shop/spend",
        "annotations": "/shop/annotations",
        "dashboards": "/shop/dashboards",
        "dashboard": f"/shop/dashboards/{served.dashboard()}",
        "privacy": "/shop/privacy",
        "bots": "/shop/bots?all-time=1",
        "identity": "/shop/settings/identity",
        "quality": "/shop/quality",
        "saved": "/shop/saved",
        "team": "/shop/team",
        "shares": "/shop/shared",
        "tokens": "/tokens",
        "erase": f"/shop/person/erase?person={person}",
        "sites": "/?all=1",
        "site-new": "/sites/new",
        "password": "/password",
        "not-found": "/shop/nothing",
    }
