"""Problem answers (RFC 9457)."""

import pytest

from foundation.problems import problem
from foundation.reasons import REASONS, Language, Reason, Refused, because


@pytest.mark.parametrize("reason", [r for r in REASONS.values() if r.status >= 400], ids=lambda r: r.code)
def test_every_refusal_makes_a_problem_with_its_status_and_both_languages(reason: Reason) -> None:
    body = problem(Refused(because(reason.code)), language="en", instance="/api/v1/verifications/")
    assert body["type"] == f"/reasons/#{reason.code}"
    assert body["status"] == reason.status
    assert body["title"]
    assert body["instance"] == "/api/v1/verifications/"
    assert body["reason"] == reason.code
    assert set(body["explanation"]) == {"zh", "en"}
    assert "errors" not in body
    assert "record" not in body


@pytest.mark.parametrize(("language", "detail"), [("zh", "请写明用途。"), ("en", "State the purpose.")])
def test_the_detail_is_in_the_language_asked_for(language: Language, detail: str) -> None:
    assert problem(Refused(because("purpose_missing")), language=language, instance="/")["detail"] == detail


def test_the_fields_to_mend_and_the_entry_are_named_where_there_are_any() -> None:
    refused = Refused(because("input_invalid"), fields={"number": because("field_required")}, entry="e1")
    body = problem(refused, language="en", instance="/")
    assert body["errors"] == [
        {
            "field": "number",
            "reason": "field_required",
            "message": {"zh": "此项必填。", "en": "This field is required."},
        }
    ]
    assert body["record"] == "e1"
