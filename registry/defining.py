"""The form in which licences of a type are made at a time."""

import datetime as dt

from registry.forms import Form
from registry.models import LicenceType


def form_of(licence_type: LicenceType, at: dt.datetime) -> Form:
    """Return the form in force at `at`; a type without versions has the base form with its catalogue's term."""
    version = licence_type.versions.filter(in_force_from__lte=at).order_by("-number").first()
    months = licence_type.validity_months
    validity = {"months": months} if months else {}
    if version is None:
        return Form(number_template=licence_type.number_template, validity=validity)
    return Form(
        number=version.number,
        schema=version.schema,
        number_template=version.number_template or licence_type.number_template,
        validity=version.validity or validity,
        holder_kinds=tuple(version.holder_kinds),
        disclosable=tuple(version.disclosable),
        vct=version.vct,
        style=version.style,
        two_persons=version.two_persons,
    )
