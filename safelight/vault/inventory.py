"""Inventory: every key there is, as data. docs/crypto-inventory.md is its page, and a test
compares the two, so neither can say what the other does not (ASVS 5.0.0, 11.1.2).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class KeyFact:
    """One kind of key: what it is called, made of and for, where it lies, until when, whose."""

    name: str
    algorithm: str
    purpose: str
    place: str
    rotation: str
    owner: str


AES = "AES-256-GCM"
KEYRING = "Keyring file"

INVENTORY: tuple[KeyFact, ...] = (
    KeyFact(
        "ROOT",
        AES,
        "Seals the keyring file",
        "Memory; passphrase file, systemd credential or key file",
        "When a holder leaves",
        "Privacy officer",
    ),
    KeyFact(
        "Unseal key",
        "Argon2id 256 MiB, 3 passes, 1 lane, then AES-256-GCM",
        "Opens ROOT from the passphrase",
        "Memory while starting",
        "With the passphrase",
        "Privacy officer",
    ),
    KeyFact(
        "Recovery kits A and B",
        "age X25519",
        "Each opens the keyring alone",
        "Paper, two places",
        "When a kit is lost or its holder leaves",
        "Privacy officer",
    ),
    KeyFact(
        "database_key",
        "SQLCipher AES-256-CBC with HMAC-SHA512",
        "Seals the database file",
        KEYRING,
        "When ROOT was exposed",
        "IT",
    ),
    KeyFact(
        "KEK",
        AES,
        "Wraps photo keys of one practice and epoch",
        KEYRING,
        "Yearly and after each disposal run",
        "Privacy officer",
    ),
    KeyFact(
        "DEK",
        AES,
        "Seals every rendition of one photo",
        "Database, wrapped by the KEK",
        "Never; destroyed with the photo",
        "Privacy officer",
    ),
    KeyFact(
        "capture_keys",
        "HPKE ML-KEM-768+X25519, HKDF-SHA256, AES-256-GCM",
        "Opens what phones seal",
        KEYRING,
        "Every 90 days; old ones destroyed 30 days after last use",
        "IT",
    ),
    KeyFact(
        "receipt_private",
        "Ed25519",
        "Signs receipts that phones check",
        KEYRING,
        "When ROOT was exposed; phones pair again",
        "IT",
    ),
    KeyFact(
        "audit_private",
        "Ed25519",
        "Signs checkpoints of the audit log",
        KEYRING,
        "When ROOT was exposed; the old public half is kept",
        "Privacy officer",
    ),
    KeyFact(
        "detail_key",
        "HKDF-SHA256, then AES-256-GCM",
        "Seals the words of audit entries, each under its own derived key",
        KEYRING,
        "When ROOT was exposed",
        "IT",
    ),
    KeyFact(
        "text_key",
        "HKDF-SHA256, then AES-256-GCM",
        "Seals small secrets, each under its own derived key",
        KEYRING,
        "When ROOT was exposed",
        "IT",
    ),
    KeyFact(
        "pepper",
        "HMAC-SHA256 and HKDF-SHA256",
        "Blinds short codes; derives the web framework's secret",
        KEYRING,
        "When ROOT was exposed; codes and sessions end",
        "IT",
    ),
    KeyFact(
        "Phone key",
        "ECDSA P-256, SHA-256",
        "Signs a phone's requests; guards no content",
        "Phone, cannot be exported",
        "At each pairing",
        "Person",
    ),
    KeyFact(
        "Passkey",
        "WebAuthn",
        "Signs a person in",
        "Person's device",
        "When lost",
        "Person",
    ),
    KeyFact(
        "TLS key",
        "TLS 1.2 or newer",
        "Protects the network path",
        "Outside Safelight, or where the settings say",
        "With its certificate",
        "IT",
    ),
)

# What each sealed or signed text begins with, or is bound to. One purpose, one text.
CONTEXTS: tuple[tuple[str, str], ...] = (
    ("SLR1", "Keyring file"),
    ("SLK1", "Wrapped photo key"),
    ("SLV1", "Blob in the vault"),
    ("SLC1", "Capsule from a phone"),
    ("SLD1", "Words of an audit entry"),
    ("SLT1", "Small secret"),
    ("safelight/root-id/v1|", "Name of ROOT in a keyring file"),
    ("safelight/root/v1|", "ROOT under the passphrase"),
    ("safelight/keyring/v1|", "Keyring under ROOT"),
    ("safelight/dek/v1", "DEK under KEK"),
    ("safelight/capture/v1\\0", "Capsule header in HPKE"),
    ("safelight/detail/v1", "Audit words"),
    ("safelight/text/v1|", "Small secrets, with their place"),
    ("safelight/derived/v1|", "Keys derived from the pepper"),
)
