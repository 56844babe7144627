"""The app's shell: its own policy, only listed files, and the same page for everyone."""

import pytest
from django.test import Client

from safelight.web.phone import shell


def test_the_page_carries_the_strict_policy() -> None:
    response = Client().get("/phone/")
    policy = response["Content-Security-Policy"].split("; ")
    assert "default-src 'none'" in policy
    assert "img-src 'self'" in policy
    assert "require-trusted-types-for 'script'" in policy
    assert "trusted-types safelight" in policy
    assert response["Cache-Control"] == "no-store"
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response["Permissions-Policy"] == "camera=(self), microphone=(), geolocation=()"


def test_the_page_is_the_same_for_everyone_and_sets_nothing() -> None:
    first, second = Client().get("/phone/"), Client().get("/phone/")
    assert first.content == second.content
    assert not first.cookies
    assert b"<script>" not in first.content
    assert b"style=" not in first.content


@pytest.mark.parametrize("path", ["/phone/", "/sign-in"])
def test_no_number_is_made_a_call_by_the_browser(path: str) -> None:
    """Safari makes links of what looks like a telephone number: a record number, an IMEI."""
    page = Client().get(path).content
    assert b'<meta name="format-detection" content="telephone=no">' in page


def test_the_manifest_installs_the_app_and_nothing_else() -> None:
    response = Client().get("/phone/app.webmanifest")
    assert response["Content-Type"] == "application/manifest+json"
    assert response.json()["scope"] == "/phone/"


@pytest.mark.parametrize("name", ["shell.html", "app.ts", "..", "secrets", "app.js.map"])
def test_only_listed_files_are_served(name: str) -> None:
    assert name not in shell.FILES
    assert Client().get(f"/phone/{name}", headers={"accept": "application/json"}).status_code == 404


def test_built_files_have_their_type_and_the_worker_its_scope() -> None:
    if not shell.BUILT.joinpath("sw.js").exists():
        pytest.fail("Build the phone app first: npm run build in phone/.")
    for name, kind in shell.FILES.items():
        response = Client().get(f"/phone/{name}")
        assert response.status_code == 200
        assert response["Content-Type"] == kind
        assert response["X-Content-Type-Options"] == "nosniff"
    assert Client().get("/phone/sw.js")["Service-Worker-Allowed"] == "/phone/"
    assert "Service-Worker-Allowed" not in Client().get("/phone/app.js")
