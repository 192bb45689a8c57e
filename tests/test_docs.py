"""The pages that people write say what the product has."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from jupyterlab_mlops.cli.parser import VERBS as COMMANDS
from jupyterlab_mlops.config import Settings
from jupyterlab_mlops.kernel.magic_table import CELL_VERBS, VERBS

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md")])


def read(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def blocks(page: str, language: str) -> list[str]:
    """Code blocks of a language in a page."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


def anchors(page: str) -> set[str]:
    """What the headings of a page are called in links, as on GitHub."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```$", "", page, flags=re.M | re.S), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_setting_is_explained_with_its_default() -> None:
    rows = re.findall(r"^\| `MLOpsApp\.(\w+)` \| `([^`]+)` \|", read("configuration.md"), re.M)
    defaults = {name: trait.default() for name, trait in Settings.class_traits(config=True).items()}
    assert {name: ast.literal_eval(text) for name, text in rows} == defaults


def test_every_magic_is_explained() -> None:
    page = read("magics.md")
    assert [v for v in VERBS if f"`%mlops {v}" not in page] == []
    assert [v for v in CELL_VERBS if f"`%%mlops {v}" not in page] == []


def test_every_option_of_a_magic_is_one() -> None:
    options = {"--help"}
    for verb in (*VERBS.values(), *CELL_VERBS.values()):
        options.update(*(action.option_strings for action in verb.parser()._actions))
    of_commands = {"--yes", "--json", "--data-dir"}
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", read("magics.md")))
    assert named - options - of_commands == set()


def test_the_magics_of_all_pages_are_understood() -> None:
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for line in re.findall(r"^%mlops (.+)$", text, re.MULTILINE):
            word, _, rest = line.partition(" ")
            assert word in VERBS, f"{page.name}: {line}"
            VERBS[word].parse(rest)


def test_every_command_is_explained() -> None:
    page = read("cli.md")
    assert [name for name in COMMANDS if f"### {name}\n" not in page] == []


def test_the_commands_of_all_pages_exist() -> None:
    for page in PAGES:
        named = re.findall(r"^jupyter mlops ([a-z]+)", page.read_text(encoding="utf-8"), re.M)
        assert set(named) <= set(COMMANDS), page.name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / unquote(path)).resolve() if path else page
        assert linked.exists(), target
        if anchor and linked.suffix == ".md":
            assert anchor in anchors(linked.read_text(encoding="utf-8")), target


def test_the_code_of_the_quick_start_runs(data_dir: Path) -> None:
    ran = [code for code in blocks(read("quickstart.md"), "python") if "mlflow" not in code]
    assert len(ran) == 2, "the training cell and the script"
    for code in ran:
        namespace: dict[str, Any] = {}
        exec(code, namespace)


def test_every_row_about_security_names_tests_that_exist() -> None:
    rows = (ROOT / "docs/security.md").read_text().splitlines()
    named = {path for row in rows for path in re.findall(r"`((?:ui-)?tests/[\w/]+\.py)`", row)}
    assert len(named) > 10
    assert [path for path in sorted(named) if not (ROOT / path).is_file()] == []
    hostile = {path.relative_to(ROOT).as_posix() for path in ROOT.glob("tests/security/test_*.py")}
    assert hostile <= named
