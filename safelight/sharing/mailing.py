"""Mailing: the practice's own mail server, and handing it one message."""

import smtplib
import ssl
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from ipaddress import ip_address
from typing import Final

from django.db import transaction

from safelight.audit.log import record
from safelight.lib.refusals import BadInput, Refusal
from safelight.people.duties import Act
from safelight.people.models import Person
from safelight.policy.models import Practice
from safelight.sharing.models import MailServer
from safelight.sharing.rules import ways
from safelight.sharing.standing import require_acts
from safelight.vault.sealing import open_text, seal_text

SECONDS: Final = 20.0
LONGEST_HOST, LONGEST_PASSWORD = 255, 200
SUBJECT: Final = "A secure item from {practice}"
TEST_WORDS: Final = "This is a test of the mail server. There is nothing to open."


class NotSent(Refusal):
    """The mail server did not take a message. `for_good`: trying again would not help."""

    code = "not_sent"
    status = 502

    def __init__(self, words: str, *, for_good: bool = False) -> None:
        """Say what the server did, in our words; nothing that it said is repeated."""
        super().__init__(words, remedy="Look at the mail server’s settings, then try again.")
        self.for_good = for_good


@transaction.atomic
def set_mail_server(
    practice: Practice,
    *,
    host: str,
    port: int,
    security: str,
    sender: str,
    by: Person,
    at: datetime,
    user: str = "",
    password: str = "",
    stepped_up: bool = False,
) -> MailServer:
    """Set the practice's mail server. The password is sealed, and never shown again.

    Without TLS it may only be this computer itself (ASVS 12.3.1). An empty password keeps the one
    that is set, for the same server and user only.
    """
    require_acts(by, [Act.MAIL_SERVER], patients=[], at=at, stepped_up=stepped_up, way_back="/mail")
    host, user, sender = host.strip().lower(), user.strip(), ways.tidy_address(sender)
    _require_right(host, port, security)
    if not ways.looks_like_address(sender):
        raise BadInput("That does not look like an e-mail address to send from.")
    if not _one_line(user) or not _one_line(password) or len(password) > LONGEST_PASSWORD:
        raise BadInput("That user name or password cannot be used.")
    before = MailServer.objects.filter(practice=practice).first()
    sealed = seal_text(password, context=_place(practice)) if password else b""
    if not password and before and (before.host, before.user) == (host, user):
        sealed = bytes(before.sealed_password)
    server, _ = MailServer.objects.update_or_create(
        practice=practice,
        defaults={
            "host": host,
            "port": port,
            "security": security,
            "user": user,
            "sealed_password": sealed,
            "sender": sender,
            "changed_at": at,
            "changed_by": by,
        },
    )
    record(
        "mail_server.changed",
        practice=practice.pk,
        by=by,
        at=at,
        of=f"mail_server:{practice.pk}",
        detail=f"{host}:{port} {security} {user} {sender}",
    )
    return server


def _require_right(host: str, port: int, security: str) -> None:
    """Refuse a server that cannot be one, and a way to it on which others could read along."""
    if not _looks_like_host(host) or not 1 <= port <= 65535:
        raise BadInput("That does not look like a mail server and its port.")
    if security not in MailServer.Security.values:
        raise BadInput("Choose how the way to the mail server is kept private.")
    if security == MailServer.Security.NONE and not is_this_computer(host):
        raise BadInput("Without TLS, only a mail server on this computer itself is used.")


def mail_server(practice: Practice) -> MailServer | None:
    """Return the practice's mail server, or None while none is set."""
    return MailServer.objects.filter(practice=practice).first()


def can_send_mail(practice: Practice) -> bool:
    """Say whether a mail server is set."""
    return MailServer.objects.filter(practice=practice).exists()


def try_mail_server(
    practice: Practice, *, to: str, by: Person, at: datetime, stepped_up: bool = False
) -> None:
    """Send a message without a link, to see whether the server takes one. Refuses if it does not.

    That it was tried is in the log, whatever came of it.
    """
    require_acts(by, [Act.MAIL_SERVER], patients=[], at=at, stepped_up=stepped_up, way_back="/mail")
    to = ways.tidy_address(to)
    if not ways.looks_like_address(to):
        raise BadInput("That does not look like an e-mail address.")
    with transaction.atomic():
        record(
            "mail_server.tried",
            practice=practice.pk,
            by=by,
            at=at,
            of=f"mail_server:{practice.pk}",
            detail=to,
        )
    hand_over(practice, to=to, body=TEST_WORDS, at=at)


def hand_over(practice: Practice, *, to: str, body: str, at: datetime) -> None:
    """Hand the practice's mail server one message of plain words, or refuse with what happened.

    The connection is checked against the computer's own list of authorities, and no address with
    anything beside itself gets this far: nothing can be added to the head (ASVS 1.3.11).
    """
    server = mail_server(practice)
    if server is None:
        raise NotSent("No mail server is set.")
    message = composed(practice, sender=server.sender, to=to, body=body, at=at)
    try:
        _send(server, message)
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused) as refused:
        raise NotSent("The mail server refused this address.", for_good=True) from refused
    except smtplib.SMTPAuthenticationError as refused:
        raise NotSent("The mail server refused the user name or password.") from refused
    except ssl.SSLError as refused:
        raise NotSent("The mail server could not prove who it is.") from refused
    except (smtplib.SMTPException, OSError) as trouble:
        raise NotSent("The mail server did not answer as one should.") from trouble
    MailServer.objects.filter(pk=server.pk).update(worked_at=at)


def composed(practice: Practice, *, sender: str, to: str, body: str, at: datetime) -> EmailMessage:
    """Compose a message: an address alone, a fixed subject, plain words. No name, no picture."""
    if not ways.looks_like_address(to) or not ways.looks_like_address(sender):
        raise NotSent("That is not an address.", for_good=True)
    message = EmailMessage()
    message["From"] = sender
    message["To"] = to
    message["Subject"] = SUBJECT.format(practice=plain_name(practice))
    message["Date"] = format_datetime(at)
    message["Message-ID"] = make_msgid(domain=sender.partition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(body)
    return message


def plain_name(practice: Practice) -> str:
    """Return the practice's name on one line, as it may stand in a head."""
    return " ".join("".join(s if s.isprintable() else " " for s in practice.name).split())


def is_this_computer(host: str) -> bool:
    """Say whether a host is the computer we run on, without asking any name server."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _send(server: MailServer, message: EmailMessage) -> None:
    secure = ssl.create_default_context()
    secure.minimum_version = ssl.TLSVersion.TLSv1_2
    if server.security == MailServer.Security.TLS:
        speaker: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host, server.port, timeout=SECONDS, context=secure
        )
    else:
        speaker = smtplib.SMTP(server.host, server.port, timeout=SECONDS)
    with speaker:
        if server.security == MailServer.Security.STARTTLS:
            speaker.starttls(context=secure)
        if server.user:
            sealed = bytes(server.sealed_password)
            password = open_text(sealed, context=_place(server.practice)) if sealed else ""
            speaker.login(server.user, password)
        speaker.send_message(message)


def _place(practice: Practice) -> str:
    return f"mail|{practice.pk}"


def _looks_like_host(host: str) -> bool:
    if len(host) > LONGEST_HOST:
        return False
    try:
        ip_address(host)
    except ValueError:
        return all(ways.HOST_PART.match(part) for part in host.split("."))
    return True


def _one_line(text: str) -> bool:
    return all(sign.isprintable() for sign in text)
