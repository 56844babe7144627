"""A real mail server on loopback for tests: it keeps what it is handed, as it came."""

import ssl
from asyncio import Server
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import Message as Letter
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PASSWORD = "made-up-mail-password"


@dataclass
class Post:
    """What the server was handed, and what it answers."""

    port: int = 0
    letters: list[bytes] = field(default_factory=list)
    heads: list[tuple[str, list[str]]] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)  # taken one by one; then 250

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Keep a message, unless an answer was prepared."""
        if self.answers:
            return self.answers.pop(0)
        self.letters.append(envelope.content)
        self.heads.append((envelope.mail_from, envelope.rcpt_tos))
        return "250 OK"

    def letter(self) -> Letter:
        """The one message that came."""
        (only,) = self.letters
        return message_from_bytes(only)


def certificate(folder: Path) -> tuple[Path, Path]:
    """Make a certificate for this computer, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paper, secret = folder / "mail.pem", folder / "mail.key"
    paper.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paper, secret


def _who(server: Any, session: Any, envelope: Any, mechanism: str, auth: Any) -> AuthResult:
    right = isinstance(auth, LoginPassword) and auth.password == PASSWORD.encode()
    return AuthResult(success=right)


class AnyPort(Controller):
    """A server on the port that the system chooses."""

    def _trigger_server(self) -> None:
        """Learn the port before the server is knocked at for the first time."""
        if isinstance(self.server, Server):
            self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]  # the library has no types


@contextmanager
def post_office(folder: Path | None = None, *, way: str = "none") -> Iterator[Post]:
    """Run a mail server on loopback: in clear, with TLS, or with STARTTLS and a password."""
    post = Post()
    options: dict[str, Any] = {}
    if folder is not None:
        secure = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        secure.load_cert_chain(*certificate(folder))
        options = (
            {"ssl_context": secure}
            if way == "tls"
            else {
                "tls_context": secure,
                "require_starttls": True,
                "authenticator": _who,
                "auth_required": True,
            }
        )
    controller = AnyPort(post, hostname="127.0.0.1", port=0, **options)
    controller.start()
    try:
        post.port = controller.port
        yield post
    finally:
        controller.stop()
