"""The site builds without a warning, holds every page, and loads nothing from elsewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from book import ROOT, book


def test_the_site_builds(tmp_path: Path):
    site = tmp_path / "site"
    # Quiet, it would count no warnings.
    words = [sys.executable, "-m", "mkdocs", "build", "--strict"]
    done = subprocess.run(
        [*words, "--config-file", ".mkdocs.yml", "--site-dir", str(site)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(list(site.rglob("index.html"))) == len(book())
    home = (site / "index.html").read_text()
    assert (site / "errors" / "index.html").read_text().count('id="tls.untrusted"') == 1
    for loaded in re.findall(r'<(?:script|img)[^>]* src="([^"]*)"|<link [^>]*href="([^"]*)"', home):
        assert not any(re.match(r"(https?:)?//", target) for target in loaded), loaded
