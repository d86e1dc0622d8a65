"""No text of a page is untranslated, and the catalogue holds no dead ones."""

import pytest

from portal.collecting import messages, read_catalogue


def test_every_text_of_the_pages_has_a_chinese_translation() -> None:
    catalogue = read_catalogue("zh_Hans")
    for text in messages():
        found = catalogue.get(text if isinstance(text, str) else text[0])
        assert found is not None, f"{text!r} is not in the catalogue: run `make messages` and translate it"
        assert "".join(found.string or ""), f"{text!r} has no translation"


def test_the_catalogue_holds_no_text_that_no_page_uses() -> None:
    used = {text if isinstance(text, str) else text[0] for text in messages()}
    kept = {m.id if isinstance(m.id, str) else m.id[0] for m in read_catalogue("zh_Hans") if m.id}
    assert kept == used


@pytest.mark.parametrize("message", [m for m in read_catalogue("zh_Hans") if m.id], ids=lambda m: str(m.id)[:40])
def test_translations_name_the_same_values(message: object) -> None:
    assert not list(message.check())  # type: ignore[attr-defined]
