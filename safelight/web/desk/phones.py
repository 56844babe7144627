"""Phones: every phone, what it still holds, adding one, and stopping one."""

import io
from uuid import UUID

import segno
from django import forms
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from safelight.audit.reading import of_object
from safelight.lib.clock import now
from safelight.lib.refusals import NotFound
from safelight.people.duties import Act, may, needs_step_up, require_duty
from safelight.people.models import Phone
from safelight.people.pairing import code_for, make_code, paired_with
from safelight.people.phone_care import describe_phone, hand_back
from safelight.people.phones import act_for, phone_for, report_lost, revoke_phone
from safelight.people.rules import imei_looks_right
from safelight.photos.giving_up import LONGEST, awaited
from safelight.photos.giving_up import give_up as give_up_what_it_held
from safelight.web.desk.audit import lines
from safelight.web.desk.phones_shown import all_shown, lost_facts, shown
from safelight.web.doors import PersonRequest, signed_in, stepped_up, to_step_up

HAND_TO_HAND = ("phone.handed_out", "phone.handed_back")


class PhoneForm(forms.Form):
    """What the practice says about a phone."""

    name = forms.CharField(label="Name", max_length=80)
    model = forms.CharField(label="Model", max_length=80, required=False)
    imei = forms.CharField(
        label="IMEI",
        max_length=20,
        required=False,
        help_text="15 digits; dial *#06# on the phone. A carrier and the police ask for it.",
    )
    serial = forms.CharField(label="Serial number", max_length=40, required=False)


@require_GET
@signed_in(Act.PHONE_OWN)
def phones(request: PersonRequest) -> HttpResponse:
    """List the phones one may know of: what each holds and for how long, and checks overdue."""
    rows = all_shown(request.person, at=now())
    return render(
        request,
        "desk/phones/list.html",
        {
            "rows": rows,
            "held": sum(row.held for row in rows),
            "holding": sum(row.held > 0 for row in rows),
            "lost": sum(row.phone.state == Phone.State.LOST for row in rows),
            "sees_all": may(request.person, Act.PHONE_SEE),
        },
    )


@require_http_methods(["GET", "POST"])
@signed_in(Act.PHONE_OWN, step_up=True)
def add(request: PersonRequest) -> HttpResponse:
    """Make a pairing code. Asks for the passkey: the phone may then add one of its own."""
    for_practice = request.POST.get("whose") == "practice"
    if request.method == "POST":
        code = make_code(for_practice=for_practice, by=request.person, at=now())
        return redirect("desk:phone-code", code.row.pk)
    context = {"may_practice": may(request.person, Act.PHONE_ANY)}
    return render(request, "desk/phones/add.html", context)


@require_GET
@signed_in(Act.PHONE_OWN)
def code(request: PersonRequest, code_id: UUID) -> HttpResponse:
    """Show one's own code while it is open: QR, letters, fingerprint and the steps on the phone."""
    phone = paired_with(request.person, code_id)
    if phone is not None:
        return redirect("desk:phone", phone.pk)
    made = code_for(request.person, code_id, at=now())
    return render(request, "desk/phones/code.html", {"code": made})


@require_GET
@signed_in(Act.PHONE_OWN)
def code_state(request: PersonRequest, code_id: UUID) -> JsonResponse:
    """Tell the code's page whether a phone has used it."""
    return JsonResponse({"paired": paired_with(request.person, code_id) is not None})


@require_GET
@signed_in(Act.PHONE_OWN)
def code_picture(request: PersonRequest, code_id: UUID) -> HttpResponse:
    """Draw the QR of one's own open code. It is an image of its own: pages allow no inline ones."""
    made = code_for(request.person, code_id, at=now())
    out = io.BytesIO()
    segno.make(made.link, error="m", micro=False).save(
        out, kind="svg", scale=6, border=4, dark="#000", light="#fff", xmldecl=False, svgclass=None
    )
    return HttpResponse(out.getvalue(), content_type="image/svg+xml")


@require_GET
@signed_in(Act.PHONE_OWN)
def phone(request: PersonRequest, phone_id: UUID) -> HttpResponse:
    """Show one phone: what it holds, what was declared, the camera check, and its access."""
    row = phone_for(request.person, phone_id)
    facts = lost_facts(row, request.person) if row.state == Phone.State.LOST else None
    had = of_object(row.practice_id, f"phone:{row.pk}", actions=HAND_TO_HAND)
    context = {
        "row": shown(row, request.person, at=now()),
        "phone": row,
        "facts": facts,
        "awaited": 0 if row.state == Phone.State.OPEN else awaited(row).count(),
        "had": lines(had.entries, request.person) if row.owner_id is None else [],
    }
    return render(request, "desk/phones/phone.html", context)


@require_http_methods(["GET", "POST"])
@signed_in(Act.PHONE_OWN)
def edit(request: PersonRequest, phone_id: UUID) -> HttpResponse:
    """Change a phone's name and numbers."""
    row = phone_for(request.person, phone_id)
    if (asked := _charge(request, row)) is not None:
        return asked
    before = {"name": row.name, "model": row.model, "imei": row.imei, "serial": row.serial}
    form = PhoneForm(request.POST or None, initial=before)
    if not form.is_valid():
        return render(request, "desk/phones/edit.html", {"form": form, "phone": row})
    imei = form.cleaned_data["imei"]
    if imei and not imei_looks_right(imei) and request.POST.get("sure") != imei:
        context = {"form": form, "phone": row, "doubtful": imei}
        return render(request, "desk/phones/edit.html", context)
    describe_phone(row, **form.cleaned_data, by=request.person, at=now())
    return redirect("desk:phone", row.pk)


@require_http_methods(["GET", "POST"])
@signed_in(Act.PHONE_OWN)
def revoke(request: PersonRequest, phone_id: UUID) -> HttpResponse:
    """Stop a phone that is not lost: sold, replaced, or its person has another."""
    row = phone_for(request.person, phone_id)
    if (asked := _charge(request, row)) is not None:
        return asked
    if request.method == "POST":
        revoke_phone(row, by=request.person, at=now())
        return redirect("desk:phone", row.pk)
    return render(request, "desk/phones/revoke.html", {"phone": row})


@require_http_methods(["GET", "POST"])
@signed_in(Act.PHONE_OWN)
def lost(request: PersonRequest, phone_id: UUID) -> HttpResponse:
    """Report a phone lost: one button, one question that may stay empty."""
    row = phone_for(request.person, phone_id)
    if (asked := _charge(request, row)) is not None:
        return asked
    if request.method == "POST":
        report_lost(row, last_seen=request.POST.get("last_seen", ""), by=request.person, at=now())
        return redirect("desk:phone", row.pk)
    return render(request, "desk/phones/lost.html", {"phone": row})


@require_GET
@signed_in(Act.PHONE_OWN)
def lost_sheet(request: PersonRequest, phone_id: UUID) -> HttpResponse:
    """Show the sheet for carrier and police: numbers and times, and no patient's name."""
    row = phone_for(request.person, phone_id)
    if row.state != Phone.State.LOST:
        raise NotFound
    context = {"phone": row, "facts": lost_facts(row, request.person)}
    return render(request, "desk/phones/sheet.html", context)


@require_http_methods(["GET", "POST"])
@signed_in(Act.PHONE_OWN)
def give_up(request: PersonRequest, phone_id: UUID) -> HttpResponse:
    """Write that what a stopped phone held will not come back, and how we know."""
    row = phone_for(request.person, phone_id)
    if (asked := _charge(request, row)) is not None:
        return asked
    count = awaited(row).count()
    if row.state == Phone.State.OPEN or not count:
        raise NotFound
    evidence = request.POST.get("evidence", "").strip()
    if request.method == "POST" and evidence:
        give_up_what_it_held(row, evidence=evidence, by=request.person, at=now())
        return redirect("desk:phone", row.pk)
    context = {"phone": row, "count": count, "asked": request.POST, "most": LONGEST}
    return render(request, "desk/phones/give_up.html", context)


@require_POST
@signed_in(Act.PHONE_OWN)
def take_back(request: PersonRequest, phone_id: UUID) -> HttpResponse:
    """Take a practice phone back from whoever has it in hand."""
    row = phone_for(request.person, phone_id)
    if (asked := _charge(request, row)) is not None:
        return asked
    hand_back(row, by=request.person, at=now())
    return redirect("desk:phone", row.pk)


def _charge(request: PersonRequest, row: Phone) -> HttpResponse | None:
    """Refuse without the duty for this phone; ask for a step-up where the table marks S."""
    act = act_for(request.person, row)
    require_duty(request.person, act)
    if needs_step_up(request.person, act) and not stepped_up(request):
        return to_step_up(request)
    return None


urlpatterns = [
    path("phones", phones, name="phones"),
    path("phones/add", add, name="phone-add"),
    path("phones/add/<uuid:code_id>", code, name="phone-code"),
    path("phones/add/<uuid:code_id>/state", code_state, name="phone-code-state"),
    path("phones/add/<uuid:code_id>/qr.svg", code_picture, name="phone-code-picture"),
    path("phones/<uuid:phone_id>", phone, name="phone"),
    path("phones/<uuid:phone_id>/edit", edit, name="phone-edit"),
    path("phones/<uuid:phone_id>/revoke", revoke, name="phone-revoke"),
    path("phones/<uuid:phone_id>/lost", lost, name="phone-lost"),
    path("phones/<uuid:phone_id>/lost/sheet", lost_sheet, name="phone-lost-sheet"),
    path("phones/<uuid:phone_id>/give-up", give_up, name="phone-give-up"),
    path("phones/<uuid:phone_id>/hand-back", take_back, name="phone-hand-back"),
]
