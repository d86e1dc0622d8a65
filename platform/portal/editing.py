"""The page's form for a new version of a licence type's form: every fault at its field, and nothing lost."""

import datetime as dt
import json
import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from foundation.clock import LEGAL_ZONE, legal_day, now
from foundation.reasons import Both, Grounds
from registry.defining import LONGEST_BASIS
from registry.form_checks import LONGEST_TEMPLATE, LONGEST_VCT, check_form
from registry.forms import DEFAULT_STYLE, HOLDER_KINDS, Form

_SEPARATORS = re.compile(r"[\s,，、;；]+")
_CHINESE = {"lang": "zh-Hans"}  # what is written there is Chinese, also on an English page (WCAG 3.1.2)
_PLACES: Mapping[str, str] = {"validity": "months", "style": "layout", "style.fields": "shown"}
# What cannot be judged while the schema cannot be read.
_OF_THE_SCHEMA = ("until_field", "disclosable", "shown")
_LAYOUTS = (("certificate", _("Certificate")), ("reply", _("Reply")), ("permit", _("Permit")))
_ACCENTS = (("red", _("Red")), ("blue", _("Blue")), ("green", _("Green")), ("gold", _("Gold")))
_ORIENTATIONS = (("portrait", _("Portrait")), ("landscape", _("Landscape")))


def _said(text: Both | Grounds) -> str:
    return text.en if (get_language() or "").startswith("en") else text.zh


class SchemaField(forms.Field):
    """A JSON object as a text that people can read; an empty one is the base form's, without fields of its own."""

    widget = forms.Textarea(attrs={"rows": 22, "spellcheck": "false", "class": "form-control number", **_CHINESE})

    def to_python(self, value: Any) -> dict[str, Any]:
        """Return the object; the fault says where the text stops being JSON."""
        try:
            found = json.loads((value or "").strip() or "{}")
        except json.JSONDecodeError as error:
            values = {"line": error.lineno, "column": error.colno}
            raise forms.ValidationError(
                _("This is no JSON: see line %(line)s, column %(column)s."), params=values
            ) from error
        except RecursionError as error:
            raise forms.ValidationError(_("This is nested too deeply.")) from error
        if not isinstance(found, dict):
            raise forms.ValidationError(_("This must be a JSON object."))
        return found

    def prepare_value(self, value: Any) -> Any:
        """Print the object to be read; a text that was sent stays as it is."""
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)


class NamesField(forms.Field):
    """Names of fields, one a line."""

    widget = forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "class": "form-control number"})

    def to_python(self, value: Any) -> list[str]:
        """Return the names."""
        return [name for name in _SEPARATORS.split(value or "") if name]

    def prepare_value(self, value: Any) -> Any:
        """Print the names to be read."""
        return value if isinstance(value, str) else "\n".join(value or ())


def _text(label: Any, longest: int, **values: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=longest, required=False, **values)


class TypeEditor(forms.Form):
    """A new version of a form, begun from the one in force."""

    schema = SchemaField(label=_("Fields (JSON Schema)"), required=False)
    number_template = forms.CharField(
        label=_("Number template"), max_length=2 * LONGEST_TEMPLATE, widget=forms.TextInput(_CHINESE)
    )
    months = forms.IntegerField(label=_("Term in months"), required=False)
    until_field = _text(_("Date field that ends the term"), 40)
    holder_kinds = forms.MultipleChoiceField(
        label=_("Who may hold it"), required=False, widget=forms.CheckboxSelectMultiple
    )
    two_persons = forms.BooleanField(label=_("One person makes it, another reviews it"), required=False)
    disclosable = NamesField(label=_("Fields that may be shown one by one"), required=False)
    vct = _text(_("Profile of its credentials (vct)"), 2 * LONGEST_VCT)
    layout = forms.ChoiceField(label=_("Layout"), choices=_LAYOUTS)
    accent = forms.ChoiceField(label=_("Colour"), choices=_ACCENTS)
    orientation = forms.ChoiceField(label=_("Paper"), choices=_ORIENTATIONS)
    heading_zh = _text(_("Heading in Chinese"), 200, widget=forms.TextInput(_CHINESE))
    heading_en = _text(_("Heading in English"), 200)
    note_zh = _text(_("Note in Chinese"), 2000, widget=forms.Textarea({"rows": 2, **_CHINESE}))
    note_en = _text(_("Note in English"), 2000, widget=forms.Textarea(attrs={"rows": 2}))
    shown = NamesField(label=_("Fields that the document shows, in order"), required=False)
    in_force_from = forms.DateField(label=_("In force from"), required=False, widget=forms.DateInput({"type": "date"}))
    basis = _text(_("Basis"), LONGEST_BASIS, widget=forms.TextInput(_CHINESE))

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        kinds = [(code, f"{code} {_said(name)}") for code, name in HOLDER_KINDS.items()]
        self.fields["holder_kinds"].choices = kinds  # type: ignore[attr-defined]
        for field in self.fields.values():
            kind = "form-select" if isinstance(field, forms.ChoiceField) else "form-control"
            boxes = isinstance(field.widget, forms.CheckboxInput | forms.CheckboxSelectMultiple)
            field.widget.attrs.setdefault("class", "form-check-input" if boxes else kind)

    @classmethod
    def begun_from(cls, form: Form) -> "TypeEditor":
        """Return the page's form filled with what `form` says."""
        style = {**DEFAULT_STYLE, **form.style}
        values = {name: getattr(form, name) for name in cls.base_fields if hasattr(form, name)}
        return cls(initial={**values, **style, **form.validity, "shown": style["fields"]})

    def clean(self) -> dict[str, Any]:
        """Check the whole form at once."""
        cleaned = super().clean() or {}
        named = {*self.errors, *(_OF_THE_SCHEMA if "schema" in self.errors else ())}
        for name, grounds in check_form(self.wanted()).items():
            if _place(name) not in named:
                self._name(name, grounds)
        return cleaned

    def _name(self, name: str, grounds: Grounds) -> None:
        inner = name.partition("schema.")[2]
        self.add_error(_place(name), f"{inner}: {_said(grounds)}" if inner else _said(grounds))

    def name_all(self, faults: Mapping[str, Grounds]) -> None:
        """Name faults that the act found."""
        for name, grounds in faults.items():
            self._name(name, grounds)

    def wanted(self) -> Form:
        """Return the form that the fields describe, as far as they could be read."""
        found = {name: self.cleaned_data.get(name) for name in self.fields}
        look = {**found, "fields": found["shown"]}
        style = {name: look[name] or standard for name, standard in DEFAULT_STYLE.items()}
        rule = {"months": found["months"], "until_field": found["until_field"]}
        return Form(
            schema=found["schema"] or {},
            number_template=found["number_template"] or Form().number_template,
            validity={name: value for name, value in rule.items() if value not in (None, "")},
            holder_kinds=tuple(found["holder_kinds"] or ()),
            disclosable=tuple(found["disclosable"] or ()),
            vct=found["vct"] or "",
            style={name: value for name, value in style.items() if value != DEFAULT_STYLE[name]},
            two_persons=bool(found["two_persons"]),
        )

    @property
    def begins(self) -> dt.datetime | None:
        """The first instant of the legal day from which the version counts; nothing for at once."""
        day: dt.date | None = self.cleaned_data.get("in_force_from")
        if day is None or day == legal_day(now()):
            return None
        return dt.datetime.combine(day, dt.time(), LEGAL_ZONE)


def _place(name: str) -> str:
    """Return the page's field at which a fault of a form is shown."""
    if name.startswith("schema"):
        return "schema"
    return _PLACES.get(name) or name.rpartition(".")[2]
