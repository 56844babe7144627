"""People: who works here, what they may do, and the acts that let them in and out."""

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from safelight.lib.clock import now
from safelight.lib.refusals import NotFound
from safelight.people import reading
from safelight.people.changing import change_person
from safelight.people.duties import Act, may, role_names, table
from safelight.people.inviting import gives_all_of, invite_again, invite_person
from safelight.people.leaving import let_leave, let_return
from safelight.people.models import Person
from safelight.people.passkeys import has_passkey
from safelight.people.phones import phones_of
from safelight.people.recovering import agree, all_waiting, waiting_for
from safelight.people.signed_in import end_screen, screens_of
from safelight.web.desk.choices import offer
from safelight.web.doors import PersonRequest, signed_in


class PersonForm(forms.Form):
    """What the practice says about one of its people."""

    title = forms.CharField(label="Title", max_length=20, required=False)
    given = forms.CharField(label="Given name", max_length=80)
    family = forms.CharField(label="Family name", max_length=80)
    email = forms.EmailField(label="E-mail", help_text="Names their sign-in. Nothing is sent.")
    roles = forms.MultipleChoiceField(
        label="Duties",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one."},
    )
    supervisor = forms.ChoiceField(
        label="Supervised by", required=False, help_text="For a registrar."
    )
    provider_number = forms.CharField(label="Provider number", max_length=8, required=False)

    def __init__(self, *args: Any, by: Person, person: Person | None = None, **kwargs: Any) -> None:
        """Offer the duties and supervisors there are; an e-mail is set once, at the invitation."""
        super().__init__(*args, **kwargs)
        found = reading.supervisors_of(by)
        self.supervisors = {str(row.pk): row for row in found if person is None or row != person}
        offer(self, "roles", list(role_names().items()))
        names = [(key, row.name) for key, row in self.supervisors.items()]
        offer(self, "supervisor", [("", "Nobody"), *names])
        if person is not None:
            del self.fields["email"]

    def told(self) -> dict[str, Any]:
        """Return what the act wants, with the supervisor as a person."""
        data = dict(self.cleaned_data)
        return {**data, "supervisor": self.supervisors.get(data["supervisor"])}


class ReturnForm(PersonForm):
    """What somebody may do who works here again. It is asked anew: nothing is ticked."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Ask for the duties alone; who they are stands already."""
        super().__init__(*args, **kwargs)
        for name in ("title", "given", "family", "provider_number"):
            del self.fields[name]


@require_GET
@signed_in(Act.PEOPLE_SEE)
def people(request: PersonRequest) -> HttpResponse:
    """List who works here, and who has left."""
    asking = all_waiting(request.person, at=now())
    rows = [
        {
            "person": row,
            "roles": reading.role_words(row),
            "state": _state(row),
            "asks": row.pk in asking,
        }
        for row in reading.people_of(request.person)
    ]
    here = [row for row in rows if row["state"] != "left"]
    return render(
        request,
        "desk/people/list.html",
        {
            "here": here,
            "left": [row for row in rows if row["state"] == "left"],
            "waiting": sum(row["state"] == "invited" for row in here),
            "may_invite": may(request.person, Act.PEOPLE_MANAGE),
        },
    )


@require_http_methods(["GET", "POST"])
@signed_in(Act.PEOPLE_MANAGE)
def invite(request: PersonRequest) -> HttpResponse:
    """Add a person, and show their link this once."""
    form = PersonForm(request.POST or None, by=request.person)
    if not form.is_valid():
        return render(request, "desk/people/invite.html", {"form": form})
    person, link = invite_person(**form.told(), by=request.person, at=now())
    return render(request, "desk/people/invited.html", {"invited": person, "link": link})


@require_GET
@signed_in(Act.PEOPLE_SEE)
def person(request: PersonRequest, person_id: UUID) -> HttpResponse:
    """Show one person: duties, phones, and where they are signed in."""
    shown = reading.person_for(request.person, person_id)
    manages = may(request.person, Act.PEOPLE_MANAGE)
    return render(
        request,
        "desk/people/person.html",
        {
            "shown": shown,
            "roles": reading.role_words(shown),
            "state": _state(shown),
            "duties": duties_in_words(shown),
            "phones": phones_of(shown),
            "screens": screens_of(shown, this=request.session.session_key) if manages else [],
            "asks": waiting_for(shown, at=now()),
            "has_passkey": has_passkey(shown),
            "manages": manages,
            "is_me": shown.pk == request.person.pk,
            "may_link": manages and gives_all_of(request.person, shown.roles),
        },
    )


@require_http_methods(["GET", "POST"])
@signed_in(Act.PEOPLE_MANAGE)
def edit(request: PersonRequest, person_id: UUID) -> HttpResponse:
    """Change a person's duties, name or supervisor."""
    shown = reading.person_for(request.person, person_id)
    before = {
        "title": shown.title,
        "given": shown.given,
        "family": shown.family,
        "roles": shown.roles,
        "supervisor": str(shown.supervisor_id or ""),
        "provider_number": shown.provider_number,
    }
    form = PersonForm(request.POST or None, initial=before, by=request.person, person=shown)
    if not form.is_valid():
        return render(request, "desk/people/edit.html", {"form": form, "shown": shown})
    change_person(shown, **form.told(), by=request.person, at=now())
    return redirect("desk:person", shown.pk)


@require_POST
@signed_in(Act.PEOPLE_MANAGE)
def again(request: PersonRequest, person_id: UUID) -> HttpResponse:
    """Make a fresh link, which replaces every passkey when it is used."""
    shown = reading.person_for(request.person, person_id)
    link = invite_again(shown, by=request.person, at=now())
    return render(request, "desk/people/invited.html", {"invited": shown, "link": link})


@require_http_methods(["GET", "POST"])
@signed_in(Act.PEOPLE_MANAGE)
def let_in(request: PersonRequest, person_id: UUID) -> HttpResponse:
    """Agree that somebody whose recovery code was right may make a new passkey."""
    shown = reading.person_for(request.person, person_id)
    asks = waiting_for(shown, at=now())
    if request.method == "POST":
        agree(shown, by=request.person, at=now())
        return redirect("desk:person", shown.pk)
    return render(request, "desk/people/let_in.html", {"shown": shown, "asks": asks})


@require_http_methods(["GET", "POST"])
@signed_in(Act.PEOPLE_MANAGE)
def leave(request: PersonRequest, person_id: UUID) -> HttpResponse:
    """Record that somebody has left: they are out on their next request."""
    shown = reading.person_for(request.person, person_id)
    if request.method == "POST":
        let_leave(shown, by=request.person, at=now())
        return redirect("desk:person", shown.pk)
    phones = [row for row in phones_of(shown) if row.state == row.State.OPEN]
    held = sum(row.held for row in phones)
    context = {"shown": shown, "phones": phones, "held": held}
    return render(request, "desk/people/leave.html", context)


@require_http_methods(["GET", "POST"])
@signed_in(Act.PEOPLE_MANAGE)
def back(request: PersonRequest, person_id: UUID) -> HttpResponse:
    """Let somebody who left work here again, and show their link this once."""
    shown = reading.person_for(request.person, person_id)
    if shown.left_at is None:
        raise NotFound
    form = ReturnForm(request.POST or None, by=request.person, person=shown)
    if not form.is_valid():
        context = {"form": form, "shown": shown, "roles": reading.role_words(shown)}
        return render(request, "desk/people/return.html", context)
    link = let_return(shown, **form.told(), by=request.person, at=now())
    return render(request, "desk/people/invited.html", {"invited": shown, "link": link})


@require_POST
@signed_in(Act.PEOPLE_MANAGE)
def end_session(request: PersonRequest, person_id: UUID, screen: int) -> HttpResponse:
    """Sign a person out on one screen."""
    shown = reading.person_for(request.person, person_id)
    end_screen(shown, screen, by=request.person, at=now())
    return redirect("desk:person", shown.pk)


def duties_in_words(shown: Person) -> list[str]:
    """Return every act the person's roles allow, as the table words it."""
    return [table()["acts"][act.value]["words"] for act in Act if may(shown, act)]


def _state(shown: Person) -> str:
    if shown.left_at is not None:
        return "left"
    return "here" if shown.joined_at is not None else "invited"


urlpatterns = [
    path("people", people, name="people"),
    path("people/invite", invite, name="person-invite"),
    path("people/<uuid:person_id>", person, name="person"),
    path("people/<uuid:person_id>/edit", edit, name="person-edit"),
    path("people/<uuid:person_id>/invite-again", again, name="person-again"),
    path("people/<uuid:person_id>/let-in", let_in, name="person-let-in"),
    path("people/<uuid:person_id>/leave", leave, name="person-leave"),
    path("people/<uuid:person_id>/return", back, name="person-return"),
    path("people/<uuid:person_id>/screens/<int:screen>/end", end_session, name="person-screen-end"),
]
