"""Signing: which phone is calling, proved by its key, before anything else is looked at."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, ClassVar, Concatenate, ParamSpec, cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from safelight.lib.clock import now
from safelight.lib.refusals import BadInput, Refusal
from safelight.people.models import Person, Phone
from safelight.people.phone_care import hand_out
from safelight.people.phone_keys import from_unpadded, is_signed
from safelight.people.phones import note_wiped
from safelight.people.rules import clock_is_near
from safelight.people.signed_in import PHONE, bind_to_phone
from safelight.web.doors import person_of

P = ParamSpec("P")
CLEAR = '"storage", "cookies"'  # never "cache": it can hang the browser (phone-platform, 8)


class PhoneRefusal(Refusal):
    """A call that did not come from an open phone of ours. The body was not acted on."""

    status = 401
    headers: ClassVar[dict[str, str]] = {}


class PhoneRevoked(PhoneRefusal):
    """No such phone, or stopped. The two look alike."""

    code = "phone_revoked"

    def __init__(self) -> None:
        """Say what the person holding it can do."""
        super().__init__(
            "This phone was stopped by the practice.",
            remedy="Ask the practice to add it again.",
        )


class PhoneLost(PhoneRefusal):
    """Reported lost: the answer tells the browser to wipe all it stored for us."""

    code = "phone_lost"
    headers: ClassVar[dict[str, str]] = {"Clear-Site-Data": CLEAR}

    def __init__(self) -> None:
        """Say no more than that: whoever reads this may have found the phone."""
        super().__init__("This phone was reported lost.")


class BadSignature(PhoneRefusal):
    """The call is not signed by the phone's key, or its parts were changed on the way."""

    code = "bad_signature"

    def __init__(self) -> None:
        """Say that nothing happened."""
        super().__init__("The phone's signature does not fit this call. Nothing was changed.")


class ClockWrong(PhoneRefusal):
    """Signed, but at another time: a clock that is off, or an old call sent again."""

    code = "clock_wrong"

    def __init__(self) -> None:
        """Say what to set right."""
        super().__init__(
            "The phone's clock differs from the practice's by more than 5 minutes.",
            remedy="Let the phone set its time by itself, then try again.",
        )


class SignInFirst(PhoneRefusal):
    """This call shows or names patients, so a person has to have signed in on the phone."""

    code = "sign_in"

    def __init__(self) -> None:
        """Ask for the passkey."""
        super().__init__("Sign in with your passkey.")


class PhoneRequest(HttpRequest):
    """A request whose phone is proved. `person` is set where the call asks for a signed-in one."""

    phone: Phone
    person: Person


def calling_phone(
    *,
    phone: str,
    time: str,
    signature: str,
    method: str,
    path: str,
    body: bytes,
    at: datetime,
    known: Phone | None = None,
) -> Phone:
    """Return the phone whose key signed this call within five minutes of our clock.

    `path` includes the query. A lost phone is told so, and is noted as wiped only on a fresh call:
    an old one sent again by somebody else proves nothing. `known` is as in `piece_phone`.
    """
    digest = hashlib.sha256(body).hexdigest()
    text = f"safelight/request/v1\n{method}\n{path}\n{time}\n{digest}"
    row = _signing_phone(phone, signature, text, known=known)
    fresh = clock_is_near(time, at=at)
    _require_open(row, at=at if fresh else None)
    if not fresh:
        raise ClockWrong
    return row


def piece_phone(
    *, phone: str, signature: str, capture: UUID, sha256: str, known: Phone | None = None
) -> Phone:
    """Return the phone that signed a capsule as a whole, for one piece of it (no time, no body).

    `sha256` is the one announced by POST; the receiver compares the bytes with it at the end.
    `known` is the phone of the capture, read just now: it is not asked for twice.
    """
    text = f"safelight/piece/v1\n{capture}\n{sha256}"
    row = _signing_phone(phone, signature, text, known=known)
    _require_open(row, at=None)
    return row


def _signing_phone(phone: str, signature: str, text: str, *, known: Phone | None = None) -> Phone:
    """Find the phone and check the signature. An id without its key learns nothing."""
    try:
        number, signed = UUID(phone), from_unpadded(signature)
    except (ValueError, BadInput):
        raise PhoneRevoked from None
    row = known if known is not None and known.pk == number else None
    if row is None:
        rows = Phone.objects.select_related("practice", "owner").filter(pk=number)
        row = next(iter(rows), None)  # by its key: nothing to sort
    if row is None:
        raise PhoneRevoked
    if not is_signed(bytes(row.public_key), signed, text.encode()):
        raise BadSignature
    return row


def _require_open(phone: Phone, *, at: datetime | None) -> None:
    """Refuse a lost or stopped phone, and one whose owner has left."""
    if phone.state == Phone.State.LOST:
        if at is not None:
            note_wiped(phone, at=at)
        raise PhoneLost
    if phone.state != Phone.State.OPEN:
        raise PhoneRevoked
    if phone.owner is not None and not (phone.owner.is_active and phone.owner.left_at is None):
        raise PhoneRevoked


def refused(refusal: PhoneRefusal) -> JsonResponse:
    """Answer a refused call, with the order to wipe where it belongs."""
    return JsonResponse(refusal.told(), status=refusal.status, headers=refusal.headers)


def phone_call(
    *, session: bool
) -> Callable[
    [Callable[Concatenate[PhoneRequest, P], HttpResponse]],
    Callable[Concatenate[HttpRequest, P], HttpResponse],
]:
    """Let a call in only from an open phone's key; with `session`, only with its person signed in.

    It needs no anti-forgery mark: another site can send our cookie nowhere (SameSite Strict) and
    can never make the phone's signature.
    """

    def door(
        view: Callable[Concatenate[PhoneRequest, P], HttpResponse],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            try:
                known = _known(request, session=session)
            except PhoneRefusal as refusal:
                return refused(refusal)
            return view(known, *args, **kwargs)

        cast(Any, guarded).phone_call = "D+S" if session else "D"
        return cast(Callable[Concatenate[HttpRequest, P], HttpResponse], csrf_exempt(guarded))

    return door


def _known(request: HttpRequest, *, session: bool) -> PhoneRequest:
    """Put the proved phone, and the person if asked for, on the request."""
    known, at = cast(PhoneRequest, request), now()
    known.phone = calling_phone(
        phone=request.headers.get("Safelight-Phone", ""),
        time=request.headers.get("Safelight-Time", ""),
        signature=request.headers.get("Safelight-Signature", ""),
        method=request.method or "",
        path=request.get_full_path(),
        body=request.body,
        at=at,
    )
    if session:
        known.person = _person_on(known, at=at)
    return known


def _person_on(request: PhoneRequest, *, at: datetime) -> Person:
    """Return who is signed in on this phone: its owner, or on a practice phone whoever signed in.

    A session that began on one phone is of no use on another.
    """
    person, phone = person_of(request), request.phone
    if person is None or person.practice_id != phone.practice_id:
        raise SignInFirst
    if request.session.get(PHONE, str(phone.pk)) != str(phone.pk):
        raise SignInFirst
    if phone.owner_id is None:
        hand_out(phone, to=person, at=at)
    elif phone.owner_id != person.pk:
        raise SignInFirst
    if PHONE not in request.session:
        bind_to_phone(request.session, phone)
    person.phone_in_use = phone.pk
    return person
