"""The page of keys and the code that uses them say the same (ASVS 5.0.0, 11.1.2)."""

import ast
import re
from pathlib import Path

from safelight.vault import (
    capsules,
    ciphers,
    keyfiles,
    keys,
    root,
    sealing,
)
from safelight.vault.keys import Keyring

HERE = Path(__file__).resolve().parents[2]
PAGE = HERE / "docs" / "crypto-inventory.md"
VAULT = HERE / "safelight" / "vault"
MAY_IMPORT_CIPHERS = {"capsules", "keyfiles", "keys", "recovery", "root", "sealing"}
CRYPTOGRAPHY = ("cryptography", "pyrage", "argon2")


def _table(heading: str) -> list[tuple[str, ...]]:
    """Read the first table under a heading of the page, without its head."""
    section = PAGE.read_text().split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = [line for line in section.splitlines() if line.startswith("|")][2:]
    cells = [re.split(r"(?<!\\)\|", row.strip("|").strip()) for row in rows]
    return [tuple(cell.strip().replace("\\|", "|") for cell in row) for row in cells]


def _binding_texts() -> list[str]:
    """Return what the page says each sealed or signed text begins with, or is bound to."""
    return [text.strip("`") for text, _ in _table("What binds what")]


def _imports(path: Path) -> set[str]:
    """Return every module that a file imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def test_the_page_says_of_every_key_all_there_is_to_say() -> None:
    facts = _table("Keys")
    assert len({name for name, *_ in facts}) == len(facts) > 10
    assert all(len(fact) == 6 and all(fact) for fact in facts)


def test_every_secret_in_the_keyring_is_listed_and_no_other() -> None:
    in_keyring = {*keys.SECRETS, "capture_keys", "KEK"}
    listed = {name for name, _, _, place, _, _ in _table("Keys") if place == "Keyring file"}
    assert listed == in_keyring
    byte_fields = {n for n, f in Keyring.__dataclass_fields__.items() if f.type is bytes}
    assert byte_fields == set(keys.SECRETS)


def test_every_binding_text_in_the_code_is_listed_once() -> None:
    used = [
        keyfiles.MAGIC,
        sealing.WRAP_MAGIC,
        sealing.BLOB_MAGIC,
        capsules.MAGIC,
        sealing.DETAIL_MAGIC,
        sealing.TEXT_MAGIC,
        keyfiles.ROOT_ID_CONTEXT,
        root.PASSPHRASE_CONTEXT,
        keyfiles.KEYRING_CONTEXT,
        sealing.WRAP_CONTEXT.encode(),
        ciphers.CAPTURE_INFO,
        sealing.DETAIL_CONTEXT,
        sealing.TEXT_CONTEXT,
        b"safelight/derived/v1|",
    ]
    assert used == [text.replace("\\0", "\0").encode() for text in _binding_texts()]
    assert len(set(used)) == len(used)


def test_no_binding_text_is_hidden_elsewhere_in_the_vault() -> None:
    listed = {text.rstrip("|").removesuffix("\\0") for text in _binding_texts()}
    for path in VAULT.glob("*.py"):
        for text in re.findall(r'"(safelight/[a-z-]+/v\d+)', path.read_text()):
            assert text in {*listed, keys.FORMAT}, path.name


def test_the_stated_cost_of_a_passphrase_is_the_one_in_use() -> None:
    cost = ciphers.Cost()
    (made_of,) = (algorithm for name, algorithm, *_ in _table("Keys") if name == "Unseal key")
    assert f"{cost.kib // 1024} MiB, {cost.passes} passes, {cost.lanes} lane" in made_of


def test_only_ciphers_names_a_cryptographic_library() -> None:
    for path in VAULT.glob("*.py"):
        used = {name for name in _imports(path) if name.startswith(CRYPTOGRAPHY)}
        assert (path.stem == "ciphers") == bool(used), (path.name, used)


def test_only_those_named_import_the_ciphers() -> None:
    users = {
        path
        for path in (HERE / "safelight").rglob("*.py")
        if any(name.startswith("safelight.vault.ciphers") for name in _imports(path))
    }
    assert {path.stem for path in users} == MAY_IMPORT_CIPHERS
    assert {path.parent for path in users} == {VAULT}


def test_the_vault_knows_nothing_of_the_floors_above() -> None:
    for path in VAULT.glob("*.py"):
        ours = {name for name in _imports(path) if name.startswith("safelight.")}
        assert all(n.startswith(("safelight.vault", "safelight.lib")) for n in ours), path.name
        django = {name for name in _imports(path) if name.startswith("django")}
        assert not django or path.stem in {"keyring", "stores"}, path.name


def test_nothing_in_the_vault_draws_from_a_guessable_source() -> None:
    for path in VAULT.glob("*.py"):
        assert not {n for n in _imports(path) if n.split(".")[0] in {"random", "uuid1"}}, path.name
