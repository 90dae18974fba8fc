"""The tag as a site's own page has it: there, of this site, loadable, and not forbidden by the page's policy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from collector.catalog.values import Site
from collector.doctor.finding import Case, Finding, Page, bad, ok, warn

_MANAGERS = ("googletagmanager.com", "tealiumiq.com", "adobedtm.com", "matomo.php", "gtm.js")


@dataclass(frozen=True, slots=True)
class Tag:
    """A script element that loads a tracker of ours."""

    src: str
    key: str
    api: str
    nonce: str


class _Scripts(HTMLParser):
    """Collects our tags and the policy of a page's own meta element."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[Tag] = []
        self.policy = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "script" and values.get("src") and "data-site" in values and not _is_linker(values["src"]):
            self.tags.append(
                Tag(values["src"], values["data-site"], values.get("data-api", ""), values.get("nonce", ""))
            )
        if tag == "meta" and values.get("http-equiv", "").lower() == "content-security-policy":
            self.policy = values.get("content", "")


def _is_linker(src: str) -> bool:
    """Whether a script is the one that goes before the tag on sites of several hosts."""
    return urlsplit(src).path.endswith("/linker.js")


def look(case: Case, site: Site, origin: str) -> Iterator[Finding]:
    """What is wrong with the tag on the first page of `origin`."""
    about = f"tag on {origin}"
    try:
        yield from _look(case, site, origin, about)
    except ValueError:  # `http://[` and the like, in the page or in its policy
        yield bad(about, "The page names an address that is none.", "Copy the tag from the Install page again.")


def _look(case: Case, site: Site, origin: str, about: str) -> Iterator[Finding]:
    page = case.fetch(origin + "/")
    if page.status == 0:
        yield warn(about, f"The page cannot be reached from here: {page.text}.", "Look at it with a browser.")
        return
    if page.status >= 400:
        yield warn(about, f"The page answers {page.status}.", "Look at it with a browser.")
        return
    found = _Scripts()
    found.feed(page.text)
    if not found.tags:
        yield _none(about, page)
        return
    tag = found.tags[0]
    known = case.catalog.site_by_write_key(tag.key) if case.catalog else None
    if known is None or known.id != site.id:
        whose = f"of the site {known.name}" if known else "that no site here has"
        yield bad(about, f"Its key {tag.key} is one {whose}.", f'Write data-site="{site.write_key}" instead.')
        return
    problems = [*_loads(case, about, origin, tag), *_policy(about, origin, page, found.policy, tag)]
    yield from problems or [ok(about, "It is there, has the right key and loads.")]


def _none(about: str, page: Page) -> Finding:
    fix = "Paste the line of the Install page into the head of every page."
    if any(name in page.text for name in _MANAGERS):
        return warn(about, "The page's own text has no tag; a tag manager may add it.", fix)
    return bad(about, "The page has no tag.", fix)


def _loads(case: Case, about: str, origin: str, tag: Tag) -> Iterator[Finding]:
    address = urljoin(origin + "/", tag.src)
    if origin.startswith("https://") and address.startswith("http://"):
        yield bad(
            about, f"Browsers do not load {address} into an https page.", "Let the collector be reached by https."
        )
        return
    script = case.fetch(address)
    if script.status != 200 or "javascript" not in script.headers.get("content-type", ""):
        said = script.text if script.status == 0 else f"answer {script.status}"
        yield bad(about, f"{address} is no script ({said}).", "Correct src in the tag: the Install page has it.")
        return
    expected = urlsplit(case.settings.public_url).netloc
    if expected and not tag.api and urlsplit(address).netloc not in (expected, urlsplit(origin).netloc):
        yield warn(
            about,
            f"It loads from {urlsplit(address).netloc}; this collector is {expected}.",
            "Is it the right collector? The Install page has the tag for this one.",
        )


def _policy(about: str, origin: str, page: Page, meta: str, tag: Tag) -> Iterator[Finding]:
    """What the page's Content-Security-Policy forbids of what the tag needs."""
    source = urljoin(origin + "/", tag.src)
    target = urljoin(origin + "/", tag.api) if tag.api else source
    for policy in filter(None, (page.headers.get("content-security-policy", ""), meta)):
        for name, address in (("script-src", source), ("connect-src", target)):
            nonced = name == "script-src" and tag.nonce and f"'nonce-{tag.nonce}'" in policy
            if not nonced and not allows(policy, name, address, origin):
                host = "{0.scheme}://{0.netloc}".format(urlsplit(address))
                yield bad(
                    about, f"The page's Content-Security-Policy forbids {host} ({name}).", f"Add {host} to {name}."
                )


def allows(policy: str, name: str, address: str, origin: str) -> bool:
    """Whether a policy's directive (or default-src in its place) lets the page use an address."""
    directives: dict[str, list[str]] = {}
    for part in policy.split(";"):
        words = part.split()
        if words:
            directives.setdefault(words[0].lower(), words[1:])
    for directive in ((name + "-elem",) if name == "script-src" else ()) + (name, "default-src"):
        if directive in directives:
            return any(_fits(source, address, origin) for source in directives[directive])
    return True


def _fits(source: str, address: str, origin: str) -> bool:
    """One source of a policy against an address: scheme, host with a leading wildcard, port (CSP level 3, 6.7.2)."""
    where, page = urlsplit(address), urlsplit(origin)
    if source == "'self'":
        return (where.scheme, where.netloc) == (page.scheme, page.netloc)
    if source == "*":
        return True
    if source.endswith(":") and "/" not in source:
        return where.scheme == source[:-1].lower()
    scheme, _, rest = source.rpartition("://")
    host = urlsplit("//" + rest)
    if scheme and scheme.lower() != where.scheme:
        return False
    wanted, given = (host.hostname or "").lower(), (where.hostname or "").lower()
    if not (wanted == given or (wanted.startswith("*.") and given.endswith(wanted[1:]))):
        return False
    return ":" not in host.netloc or host.netloc.rpartition(":")[2] in ("*", str(where.port or ""))
