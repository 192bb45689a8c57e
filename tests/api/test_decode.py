"""What is malformed is refused with one sentence that names it and says what is allowed."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from jupyterlab_mlops import types
from jupyterlab_mlops.api import parameters
from jupyterlab_mlops.api.decode import MAX_BODY, decode_body, decode_query, whole_number
from jupyterlab_mlops.errors import InvalidRequest, TooLarge


def query(struct: type[msgspec.Struct], **given: bytes | list[bytes]) -> Any:
    arguments = {k: v if isinstance(v, list) else [v] for k, v in given.items()}
    return decode_query(struct, arguments)


REFUSED_QUERIES = [
    (parameters.RunsQuery, {"bogus": b"1"}, "`bogus` is not known; these are: `filter`"),
    (parameters.NoQuery, {"bogus": b"1"}, "`bogus` is not known: nothing can be given here."),
    (
        parameters.RunsQuery,
        {"view": b"x"},
        "`view` must be active, archived, kept, deleted or all, not 'x'.",
    ),
    (parameters.RunsQuery, {"max_results": b"0"}, "`max_results` must be at least 1."),
    (parameters.RunsQuery, {"max_results": b"1001"}, "`max_results` must be at most 1000."),
    (parameters.RunsQuery, {"max_results": b"ten"}, "`max_results` must be a whole number."),
    (parameters.RunsQuery, {"text": [b"a", b"b"]}, "`text` can be given only once."),
    (parameters.RunsQuery, {"text": b"\xff"}, "`text` is not UTF-8 text."),
    (parameters.ExecutionsQuery, {"status": b"fine"}, "`status` must be running, ok, error"),
    (parameters.ExecutionsQuery, {"outputs": b"maybe"}, "`outputs` must be true or false."),
    (parameters.CompareQuery, {}, "`run_id` is missing."),
    (parameters.CompareQuery, {"run_id": b"a"}, "`run_id` needs at least 2 values."),
    (parameters.CompareQuery, {"run_id": [b"a"] * 21}, "`run_id` needs at most 20 values."),
    (
        parameters.CurvesQuery,
        {"run_id": b"a", "key": b"b", "start_step": b"9" * 30},
        "`start_step` is too large: it must fit into 64 bits.",
    ),
    (
        parameters.CurvesQuery,
        {"run_id": b"a", "key": b"b", "end_step": b""},
        "`end_step` must be a whole number.",
    ),
]


@pytest.mark.parametrize(("struct", "given", "sentence"), REFUSED_QUERIES)
def test_a_malformed_query_is_refused(
    struct: type[msgspec.Struct], given: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        query(struct, **given)
    assert str(refused.value).startswith(sentence)


def test_a_query_may_repeat_what_is_a_list() -> None:
    runs = query(parameters.RunsQuery, experiment=[b"a", b"b"], order_by=b"metrics.x DESC")
    assert runs.experiment == ["a", "b"]
    assert runs.order_by == ["metrics.x DESC"]


def test_what_servers_and_jupyterlab_add_is_not_ours_to_judge() -> None:
    given = {"token": b"t", "no_track_activity": b"1", "1764000000000": b"", "text": b"x"}
    assert query(parameters.RunsQuery, **given).text == "x"


REFUSED_BODIES = [
    (types.RunIdsRequest, b"", "`run_ids` is missing."),
    (types.RunIdsRequest, b"[]", "The body must be an object."),
    (types.RunIdsRequest, b'{"run_ids": "a"}', "`run_ids` must be a list."),
    (types.RunIdsRequest, b'{"run_ids": ["a", 1]}', "`run_ids[1]` must be text."),
    (types.RunIdsRequest, b'{"run_ids": [', "The body is not JSON: input data was truncated."),
    (types.RunIdsRequest, b"\xff", "The body is not JSON: invalid character (byte 0)."),
    (types.RunIdsRequest, b'{"run_ids": [], "x": 1}', "`x` is not known; this is: `run_ids`."),
    (types.RunIdsRequest, b"[" * 100_000, "The body must be an object."),
    (types.EndRunRequest, b'{"status": "DONE"}', "`status` must be RUNNING, FINISHED, FAILED"),
    (types.UpdateRunRequest, b'{"tags": {"a": 1}}', "`tags[...]` must be text or null."),
    (types.UpdateRunRequest, b'{"tags": ' + b"[" * 100_000, "`tags` must be an object or null."),
    (types.UpdateRunRequest, b'{"name": "\xff\xfe"}', "The body is not JSON: "),
    (types.ForgetRequest, b'{"since": 1e99}', "`since` must be a whole number or null."),
    (types.ForgetRequest, b'{"since": ' + b"9" * 40 + b"}", "`since` is too large"),
]


@pytest.mark.parametrize(("struct", "body", "sentence"), REFUSED_BODIES)
def test_a_malformed_body_is_refused(
    struct: type[msgspec.Struct], body: bytes, sentence: str
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        decode_body(struct, body)
    assert str(refused.value).startswith(sentence)


def test_a_huge_body_is_refused_before_it_is_read() -> None:
    with pytest.raises(TooLarge, match="at most 4,194,304 bytes are allowed"):
        decode_body(types.RunIdsRequest, b"x" * (MAX_BODY + 1))


def test_an_empty_body_counts_as_an_empty_object() -> None:
    assert decode_body(types.EndRunRequest, b"").status == "FINISHED"


@pytest.mark.parametrize("text", ["", "-1", "1.5", "٣", "9" * 30, "champion"])
def test_only_whole_numbers_count_as_numbers_in_a_path(text: str) -> None:
    with pytest.raises(InvalidRequest, match="`version` must be a whole number"):
        whole_number("version", text)
