from __future__ import annotations

from importlib.metadata import EntryPoint
from typing import Any

import pytest

from jupyterlab_mlops.errors import InvalidRequest
from jupyterlab_mlops.registry import targets as targets_module
from jupyterlab_mlops.registry.mlflow_target import MLflowTarget
from jupyterlab_mlops.registry.targets import Targets

TEAM = {"uri": "https://mlflow.team.example/path/"}


def credentials_of(targets: Targets, name: str) -> Any:
    target = targets.open(name)
    assert isinstance(target, MLflowTarget)
    return target._credentials


def test_the_only_target_is_the_default() -> None:
    targets = Targets({"team": TEAM}, {"MLFLOW_TRACKING_URI": "http://other:5000"})
    assert targets.resolve() == targets.resolve("default") == "team"
    assert targets.names() == ["team", "http://other:5000"]


def test_the_environments_server_is_the_default_where_none_is_set_up() -> None:
    assert (
        Targets({}, {"MLFLOW_TRACKING_URI": "http://other:5000/"}).resolve() == "http://other:5000"
    )


def test_more_than_one_must_be_named() -> None:
    targets = Targets({"a": TEAM, "b": TEAM}, {})
    with pytest.raises(InvalidRequest, match=r"Several push targets are set up \(a, b\): name one"):
        targets.resolve()
    assert targets.resolve("b") == "b"


def test_a_store_in_the_environment_is_no_server() -> None:
    targets = Targets({}, {"MLFLOW_TRACKING_URI": "sqlite:///mlflow.db"})
    assert targets.names() == []
    with pytest.raises(InvalidRequest, match="No push target is set up"):
        targets.resolve()


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("nobody", "'nobody' is no push target"),
        ("file:///tmp/mlruns", "is a store of MLflow and not a server"),
        ("sqlite:///mlflow.db", "is a store of MLflow and not a server"),
        ("ftp://host", "begins with http:// or https://"),
        ("http://", "begins with http:// or https://"),
        ("http://host:99999", "begins with http:// or https://"),
        ("https://ada:secret@host", "Leave name and password out"),
        ("https://host/?token=1", "Leave what follows"),
    ],
)
def test_what_is_no_target_is_refused(address: str, said: str) -> None:
    targets = Targets({"team": TEAM}, {})
    with pytest.raises(InvalidRequest, match=said) as failure:
        targets.resolve(address)
    assert "secret" not in str(failure.value)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"url": "http://host"}, "no setting 'url'; it may have: kind, password"),
        ({}, "is a store of MLflow and not a server"),
        ({"kind": "pigeon", "uri": "http://host"}, "unknown kind, 'pigeon'"),
    ],
)
def test_wrong_settings_are_explained(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidRequest, match=said):
        Targets({"team": settings}, {}).open("team")


def test_a_token_comes_from_the_settings_or_the_variable_they_name() -> None:
    environment = {"TEAM_TOKEN": "t2"}
    targets = Targets(
        {"a": {**TEAM, "token": "t1"}, "b": {**TEAM, "token_env": "TEAM_TOKEN"}}, environment
    )
    assert credentials_of(targets, "a").token == "t1"
    assert credentials_of(targets, "b").token == "t2"


def test_credentials_of_the_environment_go_to_its_server_only() -> None:
    environment = {
        "MLFLOW_TRACKING_URI": "http://ours",
        "MLFLOW_TRACKING_TOKEN": "secret",
        "MLFLOW_TRACKING_USERNAME": "ada",
    }
    targets = Targets({"team": TEAM}, environment)
    assert credentials_of(targets, "http://ours").token == "secret"
    for other in ("team", "http://others"):
        found = credentials_of(targets, other)
        assert (found.token, found.username) == (None, None)


def test_a_token_is_never_shown() -> None:
    assert "t1" not in repr(credentials_of(Targets({"a": {**TEAM, "token": "t1"}}, {}), "a"))


def make_pigeon(settings: dict[str, Any], environment: dict[str, str]) -> Any:
    return ("pigeon", settings["uri"], environment["PIGEON_TOKEN"])


def test_another_package_adds_a_kind_of_target(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("pigeon", f"{__name__}:make_pigeon", targets_module.GROUP)
    monkeypatch.setattr(
        targets_module, "entry_points", lambda group: [entry] if group == entry.group else []
    )
    targets = Targets({"home": {"kind": "pigeon", "uri": "loft"}}, {"PIGEON_TOKEN": "corn"})
    opened: Any = targets.open("home")
    assert opened == ("pigeon", "loft", "corn")
