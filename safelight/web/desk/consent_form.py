"""The form for asking at the desk: the same discussion as on the phone, without script."""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms

from safelight.consent.models import Consent
from safelight.consent.reading import live_consents, sentence
from safelight.consent.recording import LONGEST
from safelight.consent.rules.asking import NO, NOT_ASKED, YES, Answer, Discussion
from safelight.consent.uses import CARE, USES, Use
from safelight.lib.ids import new_id
from safelight.patients.models import Patient, Visit
from safelight.patients.visits import visits_of
from safelight.people.models import Person
from safelight.policy.countries import COUNTRIES
from safelight.policy.models import Notice
from safelight.policy.settings import all_settings
from safelight.policy.sites import sites
from safelight.web.desk.choices import offer
from safelight.web.desk.templatetags.words import moment

LOCAL = "%Y-%m-%dT%H:%M"
SIDES = [("", "No sides, or not said"), ("L", "Left"), ("R", "Right"), ("B", "Both")]
METHODS = [
    ("spoken", "Spoken, with a witness"),
    ("paper", "Signed on paper, scanned later"),
    ("emergency", "Emergency: nobody could be asked first"),
]
SCOPES = [
    ("condition", "This condition"),
    ("visit", "This visit only"),
    ("site", "One body site"),
    ("standing", "Any visit until reviewed"),
]


def _text(label: str, longest: int, hint: str = "") -> forms.CharField:
    return forms.CharField(label=label, max_length=longest, required=False, help_text=hint)


class AskForm(forms.Form):
    """A discussion at the desk. Nothing is ticked beforehand, and not asked counts as no."""

    id = forms.UUIDField(widget=forms.HiddenInput)
    decider = forms.ChoiceField(
        label="Decided by",
        choices=[("patient", "The patient"), ("advocate", "Someone for the patient")],
        widget=forms.RadioSelect,
        initial="patient",
    )
    advocate_name = _text("Their name", 120)
    advocate_relationship = _text("How they are related", 60)
    advocate_authority = _text("What lets them decide", 120, "Such as parental responsibility.")
    advocate_evidence = _text("What you saw of it", 200)
    maturity_note = _text("Why this young person can decide", 300)
    interpreter = _text("Interpreter", 120, "Name or number. Empty: none was needed.")
    language = _text("Language", 40, "Empty: English.")
    points = forms.MultipleChoiceField(
        label="What was said", required=False, widget=forms.CheckboxSelectMultiple
    )
    told = forms.CharField(
        label="Who will be told, one on each line",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    method = forms.ChoiceField(label="The answer was", choices=METHODS, widget=forms.RadioSelect)
    witness_name = _text("Witness", 120, "For a spoken answer. Someone other than you.")
    emergency_reason = _text("Why nobody could be asked first", 300, "Only in an emergency.")
    scope = forms.ChoiceField(
        label="It covers", choices=SCOPES, widget=forms.RadioSelect, initial="condition"
    )
    condition = _text("The condition, in a few words", 120)
    site_code = forms.ChoiceField(label="Body site", required=False)
    side = forms.ChoiceField(label="Side", choices=SIDES, required=False)
    visit = forms.ChoiceField(label="Visit", required=False)
    supersedes = forms.ChoiceField(label="Takes the place of", required=False)
    agreed_at = forms.DateTimeField(
        label="When it was said",
        input_formats=[LOCAL],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=LOCAL),
    )
    review_on = forms.DateField(
        label="Ask again on",
        required=False,
        help_text="Empty: after the practice’s own period.",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(
        self,
        *args: Any,
        patient: Patient,
        notice: Notice,
        person: Person,
        at: datetime,
        **kwargs: Any,
    ) -> None:
        """Offer this patient's visits and consents, and the uses that the practice asks about."""
        self.patient, self.notice = patient, notice
        self.visits = visits_of(patient, limit=20)
        self.earlier = live_consents(patient, at=at)
        settings = all_settings(patient.practice)
        self.asked = [USES[code] for code in (CARE, *settings["uses_asked"])]
        here = at.astimezone(ZoneInfo(patient.practice.zone))
        start = {"id": new_id(), "agreed_at": here.strftime(LOCAL), **_start(self.visits, here)}
        kwargs["initial"] = start | {"told": f"{person.name} and the team here"}
        super().__init__(*args, **kwargs)
        self._offer(at)
        for use in self.asked:
            self.fields.update(_use_fields(use, settings["usual_recipients"]))

    def _offer(self, at: datetime) -> None:
        groups: dict[str, list[tuple[str, str]]] = {}
        for site in sites().values():
            groups.setdefault(site.group, []).append((site.code, site.name))
        visits = [
            (str(v.pk), ", ".join(filter(None, (moment(v.starts_at), v.reason))))
            for v in self.visits
        ]
        offered: dict[str, list[Any]] = {
            "points": [(p["key"], f"{p['title']}. {p['words']}") for p in self.notice.points],
            "site_code": [("", "Not said"), *groups.items()],
            "visit": [("", "None"), *visits],
            "supersedes": [
                ("", "Nothing: it stands beside them"),
                *((str(c.pk), sentence(c, at=at)) for c in self.earlier),
            ],
        }
        for name, choices in offered.items():
            offer(self, name, choices)

    def uses(self) -> list[dict[str, Any]]:
        """Return each use with its fields, for the page."""
        return [
            {
                "use": use,
                "answer": self[f"use_{use.code}"],
                "more": [self[name] for name in _more_names(use) if name in self.fields],
            }
            for use in self.asked
        ]

    def discussion(self) -> Discussion:
        """Return what was filled in as the act takes it; its own rules judge it."""
        words = self.cleaned_data
        return Discussion(
            points=tuple(words["points"]),
            method=words["method"],
            answers=tuple(self._answer(use) for use in self.asked),
            decider=words["decider"],
            scope=words["scope"],
            site_code=words["site_code"],
            side=words["side"],
            told=tuple(line.strip() for line in words["told"].splitlines() if line.strip()),
            review_on=words["review_on"],
            **{name: words[name] for name in LONGEST},
        )

    def _answer(self, use: Use) -> Answer:
        words = self.cleaned_data
        answer = words[f"use_{use.code}"] or NOT_ASKED
        country = words.get(f"abroad_{use.code}", "")
        return Answer(
            use.code,
            answer,
            words.get(f"recipient_{use.code}", "") if answer == YES else "",
            (country,) if country and answer == YES else (),
        )

    @property
    def agreed_instant(self) -> datetime:
        """Return when it was said, as an instant."""
        told: datetime = self.cleaned_data["agreed_at"]
        return told.replace(tzinfo=ZoneInfo(self.patient.practice.zone))

    @property
    def chosen_visit(self) -> Visit | None:
        """Return the visit chosen, one of this patient's."""
        return next((v for v in self.visits if str(v.pk) == self.cleaned_data["visit"]), None)

    @property
    def replaced(self) -> Consent | None:
        """Return the consent that this one takes the place of, one of this patient's."""
        chosen = self.cleaned_data["supersedes"]
        return next((c for c in self.earlier if str(c.pk) == chosen), None)

    @property
    def consent_id(self) -> UUID:
        """Return the number this discussion is kept under: the page's own, so twice is once."""
        number: UUID = self.cleaned_data["id"]
        return number


def _start(visits: list[Visit], here: datetime) -> dict[str, str]:
    """Offer today's visit, if there is one, and what it is about."""
    today = [v for v in visits if v.starts_at.astimezone(here.tzinfo).date() == here.date()]
    return {"visit": str(today[0].pk), "condition": today[0].reason[:120]} if today else {}


def _more_names(use: Use) -> tuple[str, str]:
    return f"recipient_{use.code}", f"abroad_{use.code}"


def _use_fields(use: Use, recipients: list[str]) -> dict[str, forms.Field]:
    """Return the fields of one use: its answer, and for what leaves, to whom and where."""
    found: dict[str, forms.Field] = {
        f"use_{use.code}": forms.ChoiceField(
            label=use.title,
            choices=[(NO, "No"), (YES, "Yes"), (NOT_ASKED, "Not asked")],
            widget=forms.RadioSelect,
            required=use.code == CARE,
        )
    }
    if use.code in ("referral", "peer_opinion"):
        hint = "Such as: " + "; ".join(recipients) + "." if recipients else ""
        found[f"recipient_{use.code}"] = _text("To whom", 160, hint)
    if use.leaves:
        found[f"abroad_{use.code}"] = forms.ChoiceField(
            label="Also outside Australia",
            required=False,
            choices=[("", "No, only in Australia"), *COUNTRIES.items()],
        )
    return found
