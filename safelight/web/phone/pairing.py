"""Pairing, and what a phone tells about itself: calls 1, 10 and 11 of the phone API."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from safelight.audit.checkpoints import checkpoint
from safelight.lib.clock import now
from safelight.lib.refusals import BadInput
from safelight.people.limits import give_back, take
from safelight.people.models import Phone
from safelight.people.pairing import Before, pair_phone
from safelight.people.passkeys import address_of, confirmed_by, relying_party
from safelight.people.phone_care import declare_checks, hand_back, store_self_check
from safelight.people.phone_keys import unpadded
from safelight.people.signed_in import begin, bind_to_phone
from safelight.vault.keyring import current
from safelight.vault.sealing import audit_public_key, receipt_public_key
from safelight.web.bodies import text_in, words_of
from safelight.web.phone.signing import PhoneRequest, phone_call

MOST_BODY = 16 * 1024
MOST_PROOFS = 4


@csrf_exempt
@require_POST
def pair(request: HttpRequest) -> HttpResponse:
    """Pair a phone with a code. A personal phone is signed in, so that it can add its passkey.

    The code is the proof. Only JSON is read, which no other site's form can send, so nobody can be
    signed in by another's page. Wrong codes are counted per address.
    """
    if request.content_type != "application/json":
        raise BadInput("The phone sent something that is not JSON.")
    told, at, address = words_of(request, most=MOST_BODY), now(), address_of(request)
    take("pair.address", address, at=at)
    declared = told.get("declared")
    phone = pair_phone(
        code=text_in(told, "code"),
        name=text_in(told, "name"),
        model=text_in(told, "model"),
        platform=text_in(told, "platform"),
        imei=text_in(told, "imei"),
        public_key=text_in(told, "public_key"),
        declared=declared if isinstance(declared, dict) else {},
        app_version=text_in(told, "app_version"),
        at=at,
        before=_before(told.get("before")),
    )
    give_back("pair.address", address)
    if phone.owner is not None:
        begin(request, phone.owner)
        confirmed_by(request, phone.owner, "pairing")
        bind_to_phone(request.session, phone)
    return JsonResponse(_pinned(phone))


@require_POST
@phone_call(session=True)
def self_check(request: PhoneRequest) -> HttpResponse:
    """Keep the camera check that the phone measured."""
    store_self_check(request.phone, words_of(request, most=MOST_BODY), by=request.person, at=now())
    return JsonResponse({})


@require_POST
@phone_call(session=True)
def declare(request: PhoneRequest) -> HttpResponse:
    """Keep what the holder says about back-up and updates."""
    told = words_of(request, most=MOST_BODY)
    declare_checks(
        request.phone,
        backup_off=told.get("backup_off") is True,
        updated=told.get("updated") is True,
        by=request.person,
        at=now(),
    )
    return JsonResponse({})


@require_POST
@phone_call(session=True)
def give_phone_back(request: PhoneRequest) -> HttpResponse:
    """Hand a practice phone back, and sign out on it."""
    hand_back(request.phone, by=request.person, at=now())
    request.session.flush()
    return JsonResponse({})


def _before(told: Any) -> Before | None:
    if not isinstance(told, dict):
        return None
    others = told.get("others", [])
    if not isinstance(others, list) or not all(isinstance(one, str) for one in others):
        raise BadInput("The phone sent something that is no text.")
    return Before(text_in(told, "phone"), (text_in(told, "signature"), *others[:MOST_PROOFS]))


def _pinned(phone: Phone) -> dict[str, Any]:
    """Return what the phone keeps from now on: who it belongs to, and the keys it trusts."""
    keys, practice, owner = current(), phone.practice, phone.owner
    signed = checkpoint(practice.pk, now())
    return {
        "phone_id": str(phone.pk),
        "person": {"id": str(owner.pk), "name": owner.name} if owner else None,
        "practice": {
            "id": str(practice.pk),
            "name": practice.name,
            "zone": practice.zone,
            "contact": practice.contact,
        },
        "capture_key": {
            "id": keys.newest_capture_key.id,
            "public": unpadded(keys.newest_capture_key.public),
        },
        "receipt_key": unpadded(receipt_public_key()),
        "audit_key": unpadded(audit_public_key()),
        "rp_id": relying_party(),
        "checkpoint": {"text": signed.text, "signature": unpadded(bytes(signed.signature))},
    }


urlpatterns = [
    path("pair", pair, name="pair"),
    path("self-check", self_check, name="self-check"),
    path("declare", declare, name="declare"),
    path("hand-back", give_phone_back, name="hand-back"),
]
