"""The acts the log knows, each with the words a page shows after the name of who did it.

A new act is one line here. Pages, `record` and tests read this table; there is no other list.
"""

from typing import Final

from safelight.lib.refusals import Refusal

ACTIONS: Final[dict[str, str]] = {
    # The practice
    "practice.made": "set the practice up",
    # Signing in
    "signed_in": "signed in",
    "sign_in_failed": "tried to sign in and was turned away",
    "signed_out": "signed out",
    "session.ended": "ended a sign-in on another screen",
    "step_up": "confirmed with their passkey that it is really them",
    "recovery.asked": "asked to be let back in, with a recovery code",
    "passkey.added": "added a passkey",
    "passkey.removed": "removed a passkey",
    "recovery_codes.made": "made new recovery codes",
    # People
    "recovery.agreed": "let a person back in",
    "person.invited": "invited a person to the practice",
    "person.joined": "joined the practice",
    "person.left": "recorded that a person has left the practice",
    "person.returned": "let somebody who had left work at the practice again",
    "person.duties_changed": "changed what a person may do",
    # Phones
    "phone.code_made": "made a code to pair a phone",
    "phone.paired": "paired a phone",
    "phone.revoked": "shut a phone out",
    "phone.lost": "reported a phone lost",
    "phone.wiped": "called while lost and was told to wipe itself",
    "phone.given_up": "gave up what a stopped phone held",
    "phone.described": "changed a phone's name or numbers",
    "phone.handed_out": "took a practice phone in hand",
    "phone.handed_back": "handed a practice phone back",
    "phone.self_checked": "checked a phone's camera",
    "phone.checks_declared": "declared a phone's back-up and updates checked",
    # Patients and visits
    "patient.added": "added the patient",
    "patient.edited": "changed the patient's details",
    "patient.imported": "brought in patients from a list",
    "patient.merged": "joined two records of the patient",
    "patient.unmerged": "parted two records that were joined by mistake",
    "patient.restricted": "changed whether the patient's record is restricted",
    "patient.searched": "searched for patients",
    "patient.viewed": "looked at the patient's record",
    "visit.added": "added a visit",
    "visit.cancelled": "took back a visit that was added by mistake",
    "visit.pushed": "sent a visit to a phone",
    # Consent
    "consent.recorded": "wrote down what the patient agreed to",
    "consent.shown": "showed the consent on the patient's own phone, by a code",
    "consent.read": "opened the consent by the code",
    "consent.taken_off": "ended the showing of a consent before it was answered",
    "consent.refused": "wrote down that the patient said no",
    "consent.viewed": "looked at the consent record",
    "consent.printed": "printed the consent record",
    "consent.withdrawn": "wrote down that the patient took consent back",
    "consent.emergency": "took photos in an emergency, to be reviewed",
    "consent.reviewed": "reviewed the consent",
    "consent.scanned": "added the scan of a signed consent form",
    # Keys
    "key.turned": "gave phones a new key to seal to",
    "key.destroyed": "destroyed an old key that nothing needs any more",
    "key.epoch_made": "made a new key that wraps the keys of photos",
    "key.rewrapped": "wrapped keys of photos anew, by the newest key",
    "key.epoch_ended": "destroyed an old key that wrapped the keys of photos",
    "key.root_made": "sealed the keyring under a new root key, with two new recovery kits",
    "key.kits_made": "made new recovery kits and ended the old ones",
    # The server
    "clock.confirmed": "confirmed that the server's clock is right",
    # Captures
    "capture.announced": "took a photo on a phone",
    "capture.arrived": "sent a sealed photo to the practice",
    "capture.refused": "sent a photo that was not taken in",
    "capture.conflict": "offered different content under a photo's number; it was not taken",
    # Photos
    "photo.filed": "filed the photo in the patient's record",
    "photo.matched": "matched the photo to the patient",
    "photo.moved": "moved the photo to another patient's record",
    "photo.labelled": "changed the photo's label or notes",
    "photo.viewed": "looked at the photo",
    "photo.thumbnails_viewed": "looked at a page of small photos",
    "photo.original_viewed": "opened the original photo",
    "photo.printed": "printed the photo",
    "photo.compared": "compared photos side by side",
    "photo.ghost_viewed": "used an earlier photo as a guide on a phone",
    "photo.unblurred": "uncovered a sensitive photo",
    "photo.flagged": "changed whether the photo is sensitive or restricted",
    "copy.ended": "recorded that a copy of the photo is gone",
    "alarm.ended": "looked into an alarm",
    "alarm.raised": "raised an alarm for a person to look at",
    "break_glass.opened": "opened a record outside their care, with a reason",
    "break_glass.reviewed": "looked at why a record outside care was opened",
    # Letting photos out
    "clinician.added": "added somebody to the address book",
    "clinician.changed": "changed somebody in the address book",
    "clinician.verified": "verified an address in the address book",
    "clinician.ended": "took somebody out of the address book",
    "mail_server.changed": "changed the mail server",
    "mail_server.tried": "tried the mail server",
    "share.begun": "began to let photos out",
    "share.refused": "asked to let photos out, which may not go",
    "share.previewed": "looked at the finished copy before it left",
    "share.confirmed": "decided to let photos out",
    "share.dropped": "left photos in that were about to go out",
    "share.undone": "undid the sending before anything left",
    "share.checked": "checked, as the second person, what was to leave",
    "share.declined": "said no, as the second person, to what was to leave",
    "share.sent": "let photos out",
    "share.message_sent": "sent the message with the link",
    "share.message_failed": "could not send the message with the link",
    "share.message_taken": "copied the message with the link",
    "share.link_renewed": "made a new link in place of the old one",
    "share.pin_renewed": "made a new PIN for a link",
    "share.pin_wrong": "opened a link with a wrong PIN",
    "share.opened": "opened the link",
    "share.photo_opened": "looked at a photo by the link",
    "share.photo_saved": "saved a photo by the link",
    "share.replied": "replied by the link",
    "share.reply_seen": "read the reply",
    "share.recalled": "stopped what was let out",
    "share.ended": "ended what was let out",
    "share.handed_over": "recorded that a copy was handed over for good",
    "share.destroyed": "recorded that a copy was destroyed by whoever held it",
    "share.package_taken": "took the sealed file to hand it on",
    "share.password_shown": "looked at the password of a sealed file",
    "share.printed": "printed photos that leave",
    # The log and the rules
    "audit.viewed": "looked at the log",
    "audit.exported": "exported the log",
    "policy.changed": "changed a setting of the practice",
    "refusal": "tried something that is not allowed and was refused",
}

SIGHTS: Final = frozenset(
    {
        "photo.viewed",
        "photo.thumbnails_viewed",
        "photo.original_viewed",
        "photo.printed",
        "photo.compared",
        "photo.ghost_viewed",
        "photo.unblurred",
        "photo.matched",
        "share.previewed",
        "share.opened",
        "share.photo_opened",
        "share.photo_saved",
        "share.package_taken",
        "share.printed",
    }
)
"""The acts in which a person saw a photo: what "who saw my photos" lists."""


class UnknownAction(Refusal):
    """An act the table does not list would show as a bare code, so it is not written at all."""

    code = "unknown_action"
    status = 500

    def __init__(self, action: str) -> None:
        """Name the code that is missing."""
        super().__init__(f"The log does not know the act “{action}”. Nothing was changed.")


def words_for(action: str) -> str:
    """Return the words for an act; for one that a newer release wrote, its code."""
    return ACTIONS.get(action, action)
