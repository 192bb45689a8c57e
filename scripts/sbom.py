"""Write what the wheel needs and holds, as CycloneDX: Python packages, and npm's in the front-end.

It needs no network. The packages are those of the development environment, without what only
development needs; the same state of the code gives the same bytes.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
LICENSES = ROOT / "jupyterlab_mlops/labextension/static/third-party-licenses.json"
TARGET = ROOT / "dist/sbom.cdx.json"
OURS = "jupyterlab-mlops"

Bom = dict[str, Any]


def of_environment() -> Bom:
    """Describe the development environment."""
    command = [
        *(".venv-audit/bin/python", "-m", "cyclonedx_py", "environment", "--output-reproducible"),
        *("--pyproject", "pyproject.toml", "--mc-type", "library", ".venv/bin/python"),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    bom: Bom = json.loads(done.stdout)
    return bom


def needed(bom: Bom) -> set[str]:
    """Return the references of what we need when we run, and of what that needs."""
    named = {c["bom-ref"]: c["name"].lower().replace("_", "-") for c in bom["components"]}
    depends = {each["ref"]: each.get("dependsOn", []) for each in bom["dependencies"]}
    wanted = {name.lower().replace("_", "-") for name in required()}
    waiting = [ref for ref, name in named.items() if name in wanted]
    found: set[str] = set()
    while waiting:
        ref = waiting.pop()
        if ref not in found:
            found.add(ref)
            waiting += depends.get(ref, [])
    return found


def required() -> list[str]:
    """Return the names of what we require, extras left out."""
    code = (
        "import json, re; from importlib.metadata import requires;"
        f" print(json.dumps([re.match(r'[\\w.-]+', r)[0] for r in requires({OURS!r})"
        " if 'extra ==' not in r]))"
    )
    found: list[str] = json.loads(
        subprocess.run(
            [ROOT / ".venv/bin/python", "-c", code], capture_output=True, check=True
        ).stdout
    )
    return found


def bundled() -> list[dict[str, Any]]:
    """Return the npm packages that are part of the built front-end."""
    packages = json.loads(LICENSES.read_text())["packages"]
    listed = {(each["name"], each["versionInfo"]): each for each in packages}
    return [
        {
            "type": "library",
            "bom-ref": f"npm:{name}@{version}",
            "name": name,
            "version": version,
            "purl": f"pkg:npm/{name.replace('@', '%40')}@{version}",
            **_licensed(each.get("licenseId")),
        }
        for (name, version), each in sorted(listed.items())
    ]


def _licensed(expression: str | None) -> dict[str, Any]:
    return {"licenses": [{"expression": expression}]} if expression else {}


def reduced(bom: Bom) -> Bom:
    """Return the same for what we ship and need alone."""
    kept = needed(bom)
    front_end = bundled()
    root = bom["metadata"]["component"]["bom-ref"]
    bom["components"] = [c for c in bom["components"] if c["bom-ref"] in kept] + front_end
    bom["dependencies"] = [
        {**each, "dependsOn": [ref for ref in each.get("dependsOn", []) if ref in kept]}
        for each in bom["dependencies"]
        if each["ref"] in kept
    ]
    direct = {name.lower().replace("_", "-") for name in required()}
    of_us = [
        c["bom-ref"]
        for c in bom["components"]
        if c["bom-ref"] in kept and c["name"].lower().replace("_", "-") in direct
    ]
    of_us += [c["bom-ref"] for c in front_end]
    bom["dependencies"].append({"ref": root, "dependsOn": sorted(of_us)})
    return bom


CHECK = """
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
problem = JsonStrictValidator(SchemaVersion.V1_6).validate_str(sys.stdin.read())
sys.exit(str(problem) if problem else 0)
"""


def main() -> None:
    """Write it, once it is valid."""
    bom = reduced(of_environment())
    text = json.dumps(bom, indent=2, sort_keys=True) + "\n"
    checked = subprocess.run(
        [ROOT / ".venv-audit/bin/python", "-c", CHECK], input=text, text=True, capture_output=True
    )
    if checked.returncode:
        sys.exit(f"sbom: it is not valid: {checked.stderr[:2000]}")
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(text)
    print(f"{TARGET.relative_to(ROOT)}: {len(bom['components'])} components")


if __name__ == "__main__":
    main()
