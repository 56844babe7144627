"""A consent in words: what the page shows and the PDF prints, said once."""

from dataclasses import dataclass
from datetime import datetime

from safelight.consent.models import Consent, Showing
from safelight.consent.reading import withdrawn_uses
from safelight.consent.rules.asking import ADVOCATE, EMERGENCY, NO, PAPER, SIGNED, SPOKEN, YES
from safelight.consent.uses import USES
from safelight.policy.countries import country_name
from safelight.policy.dates import day_words, local_day, moment_words
from safelight.policy.settings import setting
from safelight.policy.sites import site_words


@dataclass(frozen=True)
class UseLine:
    """One use and its answer as it stands."""

    code: str
    title: str
    answer: str
    more: str  # to whom, where, or since when it is taken back
    is_yes: bool
    is_asked: bool


@dataclass(frozen=True)
class Document:
    """Everything on the record, in reading order."""

    title: str
    facts: list[tuple[str, str]]
    points: list[tuple[str, str, bool]]  # title, words in that version, said
    uses: list[UseLine]
    evidence: str
    told: list[str]
    until: str
    withdrawals: list[str]
    review: str
    change: str


def document(consent: Consent, *, at: datetime) -> Document:
    """Put a consent into words as it stands at an instant. It changes nothing."""
    uses = use_lines(consent, at=at)
    return Document(
        title=title(consent, uses),
        facts=facts(consent),
        points=_points(consent),
        uses=uses,
        evidence=evidence(consent),
        told=list(consent.told),
        until=_until(consent, uses),
        withdrawals=_withdrawals(consent),
        review=_review(consent),
        change=_change(consent),
    )


def title(consent: Consent, uses: list[UseLine]) -> str:
    """Say the record in one sentence with its numbers."""
    given = consent.patient.given
    if consent.method == EMERGENCY:
        return f"{given} could not be asked first. An emergency."
    decides = consent.advocate_name if consent.decider == ADVOCATE else given
    yes = sum(line.is_yes for line in uses)
    no = sum(line.is_asked and not line.is_yes for line in uses)
    if not yes:
        taken_back = any(row.answer == YES for row in consent.decisions.all())
        return f"{decides} {'took the yes back' if taken_back else 'said no to photos'}."
    agreed = f"{decides} said yes to {yes} use{'' if yes == 1 else 's'}"
    return f"{agreed} and no to {no}." if no else f"{agreed}."


def facts(consent: Consent) -> list[tuple[str, str]]:
    """Return who decided, who asked, when, in which language, about what, in which wording."""
    zone = consent.practice.zone
    rows = [
        ("Decided by", _decider(consent)),
        ("When", moment_words(consent.agreed_at, zone)),
        ("Asked by", consent.recorded_by.name),
        ("Language", _language(consent)),
        ("About", _about(consent)),
        ("Wording", _wording(consent)),
    ]
    if consent.maturity_note:
        rows.append(("May decide", consent.maturity_note))
    if consent.emergency_reason:
        rows.append(("Why first", consent.emergency_reason))
    return rows


def use_lines(consent: Consent, *, at: datetime) -> list[UseLine]:
    """Return every use in the order it is asked, with its answer as it stands."""
    zone = consent.practice.zone
    gone = withdrawn_uses(consent, at)
    rows = {row.use: row for row in consent.decisions.all()}
    lines = []
    for use in USES.values():
        row = rows.get(use.code)
        said = row.answer if row else "not_asked"
        more = [row.recipient] if row and row.recipient else []
        if row and row.abroad:
            more.append("Also in " + ", ".join(country_name(code) for code in row.abroad))
        if said == YES and use.code in gone:
            said = NO
            ended = min(w.at for w in consent.withdrawals.all() if w.use in ("", use.code))
            more = [f"Taken back {moment_words(ended, zone)}"]
        hidden = ", name hidden" if use.name_hidden else ""
        answer = {YES: "Yes", NO: "No"}.get(said, "Not asked")
        lines.append(
            UseLine(
                use.code,
                use.title + hidden,
                answer,
                ". ".join(more),
                is_yes=said == YES,
                is_asked=said in (YES, NO),
            )
        )
    return lines


def evidence(consent: Consent) -> str:
    """Say how the answer was given, and what proves it."""
    given = consent.patient.given
    who = consent.advocate_name if consent.decider == ADVOCATE else given
    where = f" on {consent.phone.name}" if consent.phone else ""
    if Showing.objects.filter(pk=consent.pk).exists():
        code = "by a code that the practice showed"
        if not _any_yes(consent):
            return f"Said by {who} on their own phone, {code}. Care goes on as before."
        return f"Signed with a finger by {who} on their own phone, {code}."
    match consent.method:
        case _ if consent.method != EMERGENCY and not _any_yes(consent):
            return f"Said to {consent.recorded_by.name}. Care goes on as before."
        case m if m == SIGNED:
            return f"Signed with a finger{where} by {who}."
        case m if m == SPOKEN:
            return f"Spoken by {who}. Witness: {consent.witness_name}."
        case m if m == PAPER:
            owed = "The scan is still owed." if consent.paper_due else "The scan is kept with it."
            return f"Signed on paper by {who}. {owed}"
        case _:
            return "Nobody could be asked first. It covers care in that visit only."


def _any_yes(consent: Consent) -> bool:
    return any(row.answer == YES for row in consent.decisions.all())


def _decider(consent: Consent) -> str:
    patient = consent.patient
    if consent.method == EMERGENCY:
        return "Nobody: an emergency"
    if consent.decider != ADVOCATE:
        return f"{patient.given} {patient.family}, the patient"
    told = f"{consent.advocate_name}, {consent.advocate_relationship}"
    proof = f" ({consent.advocate_evidence})" if consent.advocate_evidence else ""
    return f"{told}. {consent.advocate_authority}{proof}"


def _language(consent: Consent) -> str:
    helper = f"interpreter {consent.interpreter}" if consent.interpreter else "no interpreter"
    return f"{consent.language or 'English'}, {helper}"


def _about(consent: Consent) -> str:
    site = site_words(consent.site_code, consent.side)
    match consent.scope:
        case "visit":
            main = "This visit only"
        case "site":
            return site[:1].upper() + site[1:]
        case "standing":
            main = "Photos at any visit until reviewed"
        case _:
            main = consent.condition or "This condition"
    return f"{main} ({site})" if site else main


def _wording(consent: Consent) -> str:
    if consent.notice is None:
        return "None"
    since = local_day(consent.notice.since, consent.practice.zone)
    return f"Version {consent.notice.version}, {day_words(since)}"


def _points(consent: Consent) -> list[tuple[str, str, bool]]:
    points = consent.notice.points if consent.notice else []
    return [(p["title"], p["words"], p["key"] in consent.points) for p in points]


def _until(consent: Consent, uses: list[UseLine]) -> str:
    if consent.method == EMERGENCY:
        return "It covers that visit. The photos stay in the record."
    if not any(line.answer == "Yes" for line in uses):
        return "No photo is taken unless a new yes is recorded."
    return f"Stands until {day_words(consent.review_on)}, or a new problem, or a change of mind."


def _withdrawals(consent: Consent) -> list[str]:
    zone, lines = consent.practice.zone, []
    for row in sorted(consent.withdrawals.all(), key=lambda row: row.at):
        what = USES[row.use].title if row.use in USES else "Everything"
        why = f" Why: {row.why}" if row.why else ""
        lines.append(
            f"{what} taken back {moment_words(row.at, zone)}. Said by {row.said_by}, "
            f"written down by {row.by.name}.{why}"
        )
    return lines


def _review(consent: Consent) -> str:
    if consent.reviewed_at is None or consent.reviewed_by is None:
        return ""
    when = moment_words(consent.reviewed_at, consent.practice.zone)
    return f"Reviewed {when} by {consent.reviewed_by.name}. {consent.review_outcome}"


def _change(consent: Consent) -> str:
    practice = consent.practice
    whom = setting(practice, "privacy_contact") or practice.contact
    tell = f"tell reception or {whom}" if whom else "tell reception"
    return (
        f"Changed your mind? At any time {tell}. We stop sharing at once and ask for copies back. "
        "Photos already in the record stay there, because the law says we keep it. Your care stays "
        "the same."
    )
