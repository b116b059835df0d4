"""Every link within the repository leads somewhere; those to elsewhere are well-formed."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from book import BOOK, REPOSITORY, ROOT, Page, book, others

PAGES = [*book(), *others()]
#: An email address, or a page of the web.
SCHEMES = {"https", "mailto"}


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_links_lead_somewhere(page: Page):
    lost = [link for link in page.links() if not leads_somewhere(page, link)]
    assert lost == []


def leads_somewhere(page: Page, link: str) -> bool:
    for kind in ("blob", "tree"):
        prefix = f"{REPOSITORY}/{kind}/main/"
        if link.startswith(prefix):
            path, _, fragment = unquote(link.removeprefix(prefix)).partition("#")
            return exists(ROOT / path, fragment)
    parts = urlsplit(link)
    if parts.scheme:
        return parts.scheme in SCHEMES and bool(parts.netloc or parts.path)
    path = page.path.parent / unquote(parts.path) if parts.path else page.path
    # The site of the book has nothing else.
    inside = not page.path.is_relative_to(BOOK) or path.resolve().is_relative_to(BOOK)
    return inside and exists(path, unquote(parts.fragment))


def exists(path: Path, fragment: str) -> bool:
    if not fragment:
        return path.exists()
    return path.suffix == ".md" and path.exists() and fragment in Page(path.resolve()).anchors()


def test_links_are_found():
    assert all(page.links() for page in others()[:1])
    assert sum(len(page.links()) for page in book()) > 50


def test_pages_of_the_book_begin_with_a_title_and_what_they_are_for():
    for page in book():
        lines = [line for line in page.text.splitlines() if line and not line.startswith("<!--")]
        assert lines[0].startswith("# "), page.name
        assert lines[1][0].isalpha(), page.name
