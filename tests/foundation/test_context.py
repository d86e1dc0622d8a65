"""The request context and the identifiers made in the application."""

from foundation.context import RequestContext, current_request, request_context
from foundation.ids import new_id


def test_outside_of_a_request_each_look_has_an_id_of_its_own() -> None:
    assert current_request().request_id != current_request().request_id
    assert current_request().address == ""


def test_inside_a_request_its_context_is_seen_and_ends_with_it() -> None:
    inner = RequestContext("request-1", "10.0.0.1")
    with request_context(inner):
        assert current_request() is inner
    assert current_request() is not inner


def test_ids_are_uuid7_ordered_by_the_time_of_their_making() -> None:
    made = [new_id() for _ in range(200)]
    assert made == sorted(made)
    assert {i.version for i in made} == {7}
    assert len(set(made)) == 200
