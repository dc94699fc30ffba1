"""Accessibility of a page as axe-core sees it: WCAG 2.2, levels A and AA, and that regions can be told apart by their names."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

_AXE = (Path(__file__).parent / "axe.min.js").read_text(encoding="utf-8")
# Without preloading: axe would copy imported stylesheets into style elements, which the policy refuses and the console reports.
_RUN = """axe.run(document, {
  preload: false, runOnly: {type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']},
  rules: {'landmark-unique': {enabled: true}}
})"""


def violations(page: "Page") -> list[tuple[str, str, list[str]]]:
    """What axe objects to on the page: rule, impact, and the beginning of each element. Works under a strict CSP."""
    page.evaluate(_AXE)
    found = page.evaluate(_RUN)["violations"]
    return [(one["id"], one["impact"], [node["html"][:160] for node in one["nodes"]]) for one in found]
