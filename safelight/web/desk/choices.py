"""Choices that depend on who asks, or about whom: a field is given them when its form is made."""

from collections.abc import Sequence

from django import forms


def offer(form: forms.BaseForm, name: str, choices: Sequence[tuple[str, str]]) -> None:
    """Give a field its choices. Only these are taken back, whatever is posted."""
    field = form.fields[name]
    if isinstance(field, forms.ChoiceField):
        field.choices = choices
