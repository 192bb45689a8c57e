"""What axe finds fault with in a part of the page."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Locator

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"

RUN = """async root => {
    const { violations } = await axe.run(root, { resultTypes: ['violations'] });
    return violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .flatMap(({ id, nodes }) => nodes.map(node =>
            `${id}: ${node.html.slice(0, 160)}: ${node.any.concat(node.all, node.none)
                .map(({ message }) => message).join('; ')}`
        ));
}"""


def serious_violations(root: Locator) -> list[str]:
    """Serious and critical violations of accessibility in an element and all below it."""
    root.page.evaluate(AXE.read_text())
    found: list[str] = root.evaluate(RUN)
    return found
