"""What axe finds fault with in a part of the page."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Locator

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"

NOT_ASKED = [
    # 7 to 1: the themes of JupyterLab are made for 4.5 to 1.
    "color-contrast-enhanced",
    # An experiment, at odds with `scrollable-region-focusable`: Tab stops at what scrolls.
    "focus-order-semantics",
]
"""Rules that are left out; every other one is asked, experiments and mere advice too."""

DRAWN_BY_JUPYTERLAB = [
    # Outputs of cells, as in a notebook: with the colours that the user's code gave them.
    ".jp-MLOps-outputs > *",
    # A note is the user's own Markdown, below headings of any level.
    ".jp-MLOps-markdown > *",
    # Source code in the colours of the theme's editor.
    ".jp-MLOps-code > code > span",
    # Vega's pictures, whose texts JupyterLab's renderer draws.
    ".jp-MLOps-vega > *",
]
"""What stands within our views and is not ours."""

RUN = """async (root, [left, foreign, only]) => {
    // The page of JupyterLab has no height, and nothing in it would be looked at for its contrast.
    document.body.style.height = '100vh';
    const asked = axe.getRules().map(({ ruleId }) => ruleId).filter(id => !left.includes(id));
    const rules = Object.fromEntries(asked.map(id => [id, { enabled: true }]));
    const options = only ? { runOnly: only } : { rules: {
        ...rules, ...Object.fromEntries(left.map(id => [id, { enabled: false }])) } };
    const { violations, passes } = await axe.run(
        { include: [root], exclude: foreign }, { resultTypes: ['violations'], ...options }
    );
    document.body.style.height = '';
    const ids = [...violations, ...passes].map(({ id }) => id);
    return [ids, violations.flatMap(({ id, nodes }) => nodes.map(node =>
        `${id}: ${node.html.slice(0, 160)}: ${node.any.concat(node.all, node.none)
            .map(({ message }) => message).join('; ')}`
    ))];
}"""


SERIOUS = """async root => {
    const { violations } = await axe.run(root, { resultTypes: ['violations'] });
    return violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .flatMap(({ id, nodes }) => nodes.map(node => `${id}: ${node.html.slice(0, 160)}`));
}"""


def serious_violations(root: Locator) -> list[str]:
    """Serious violations of structure in a view; `violations` looks at its contrasts, too."""
    root.page.evaluate(AXE.read_text())
    found: list[str] = root.evaluate(SERIOUS)
    return found


def violations(root: Locator, only: list[str] | None = None) -> list[str]:
    """Every violation of accessibility in an element and all below it; of `only` these rules."""
    page = root.page
    if not page.evaluate("window.axe !== undefined"):
        page.evaluate(AXE.read_text())
    asked, found = root.evaluate(RUN, [NOT_ASKED, DRAWN_BY_JUPYTERLAB, only])
    assert "color-contrast" in asked, "axe has looked at nothing"
    assert isinstance(found, list)
    return found
