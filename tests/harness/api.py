"""Requests to a server under test, with its token or without."""

from __future__ import annotations

from typing import Any

import requests


class Api:
    """A server's REST API.

    Parameters
    ----------
    url : str
        The server's address with its base URL, ending in a slash.
    token : str or None
        None sends no credentials at all.
    """

    def __init__(self, url: str, token: str | None) -> None:
        self.url = url
        self._headers = {"Authorization": f"token {token}"} if token else {}

    def request(
        self, verb: str, path: str, *, headers: dict[str, str] | None = None, **options: Any
    ) -> requests.Response:
        """Send a request to a path below the base URL; any status is an answer."""
        return requests.request(
            verb,
            self.url + path.lstrip("/"),
            headers=self._headers | (headers or {}),
            timeout=options.pop("timeout", 30),
            **options,
        )

    def json(self, verb: str, path: str, **options: Any) -> Any:
        """Send a request that has to succeed, and give the answer's content."""
        answer = self.request(verb, path, **options)
        assert answer.ok, f"{verb} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def mlops(self, verb: str, path: str, **options: Any) -> Any:
        """As `json`, below the extension's own prefix."""
        return self.json(verb, f"mlops/api/v1/{path}", **options)
