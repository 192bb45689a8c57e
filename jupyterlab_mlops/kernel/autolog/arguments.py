"""Configuration that scripts and cells take from elsewhere: argparse, click, fire, Hydra,
OmegaConf.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from .calls import Call
from .seen import After, Before, watch_calls


def _notice(source: str, given: Mapping[str, Any]) -> None:
    from .noticed import noticed  # argparse is there when a kernel starts; this need not be

    noticed.config(source, given)


def watch_argparse(module: ModuleType) -> None:
    """Notice what the user's parsers have parsed."""
    seen = After(_parsed)
    watch_calls(module.ArgumentParser, "argparse", {"parse_args": seen, "parse_known_args": seen})


def _parsed(call: Call, result: Any) -> None:
    _notice("args", vars(result[0] if isinstance(result, tuple) else result))


def watch_click(module: ModuleType) -> None:
    """Notice the params of the command that is about to run."""
    watch_calls(module.Command, "click", {"invoke": Before(_invoked)})


def _invoked(call: Call) -> None:
    _notice("args", call.argument(1, "ctx").params)


def watch_fire(module: ModuleType) -> None:
    """Notice the options of a command line that Fire reads."""
    watch_calls(module, "fire", {"_Fire": Before(_fired)})


def _fired(call: Call) -> None:
    words = [str(word) for word in call.argument(1, "args") or ()]
    options: dict[str, str] = {}
    for index, word in enumerate(words):
        name, equals, value = word.lstrip("-").partition("=")
        follows = words[index + 1 : index + 2]
        if word.startswith("-") and not word[1:2].isdigit():
            options[name] = value if equals else next(iter(follows), "True")
    named = {place for place, word in enumerate(words) if word.startswith("-") and "=" not in word}
    plain = [w for i, w in enumerate(words) if not w.startswith("-") and i - 1 not in named]
    _notice("args", options | ({"positional": plain} if plain else {}))


def watch_hydra(module: ModuleType) -> None:
    """Notice the configuration that a job of Hydra is about to run with."""
    watch_calls(module, "hydra", {"run_job": Before(_ran)})


def _ran(call: Call) -> None:
    job = call.argument(1, "config")
    plain = _container(job)
    _notice("config", {name: value for name, value in plain.items() if name != "hydra"})


def watch_omegaconf(module: ModuleType) -> None:
    """Notice configurations that the user's code loads or puts together."""
    seen = dict.fromkeys(("load", "merge", "from_cli", "unsafe_merge"), After(_made))
    watch_calls(module.OmegaConf, "omegaconf", seen)


def _made(call: Call, result: Any) -> None:
    plain = _container(result)
    if isinstance(plain, dict):
        _notice("config", plain)


def _container(config: Any) -> Any:
    # Unresolved, as it stands in the file: what is put in may be a password of the environment.
    return sys.modules["omegaconf"].OmegaConf.to_container(config, resolve=False)
