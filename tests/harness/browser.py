"""Which Chromium the browser tests use, and how it is started."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Error, Playwright, sync_playwright

HINT = "No working Chromium is found: install one, and set CHROMIUM_PATH to its executable."

ARGUMENTS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def launch_arguments(playwright: Playwright) -> dict[str, Any]:
    """Arguments for `playwright.chromium.launch`.

    Playwright's own browser comes first, then CHROMIUM_PATH, then the distribution's.

    Raises
    ------
    FileNotFoundError
        When there is none.
    """
    arguments = [*ARGUMENTS, "--no-sandbox"] if os.geteuid() == 0 else ARGUMENTS
    if Path(playwright.chromium.executable_path).exists():
        return {"args": arguments}
    for path in (os.environ.get("CHROMIUM_PATH"), "/usr/bin/chromium"):
        if path and Path(path).exists():
            return {"args": arguments, "executable_path": path}
    raise FileNotFoundError(HINT)


def main() -> None:
    """Start the browser once and say which it is."""
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(**launch_arguments(playwright))
        except FileNotFoundError as fault:
            sys.exit(str(fault))
        except Error as fault:
            sys.exit(f"{HINT} ({fault.message.splitlines()[0]})")
        print(f"Chromium {browser.version}")  # noqa: T201
        browser.close()


if __name__ == "__main__":
    main()
