"""The desk: a person of the practice at a computer."""

from typing import Any

from playwright.sync_api import expect

from tests.journeys.devices import Device


class Desk(Device):
    """A computer at which one person has joined and is signed in with their own passkey."""

    person: dict[str, Any]

    def join(self, link: str) -> None:
        """Make a passkey by a link used once; that signs in."""
        self.page.goto(link)
        self.page.get_by_label("What do you call this device?").fill("Room 2 computer")
        self.press("Make my passkey")
        expect(self.page.get_by_role("heading", name="You have joined")).to_be_visible()

    def confirm(self) -> None:
        """Give the finger again where the page asks for it."""
        expect(self.page.get_by_role("heading", name="Confirm that it is you.")).to_be_visible()
        self.press("Confirm", exact=True)

    def new_code(self, *, whose: str = "Mine") -> str:
        """Make a pairing code and return it as the page shows it."""
        self.go("/phones/add")
        if "/step-up" in self.page.url:
            self.confirm()
        self.page.get_by_label(whose).check(force=True)  # its whole row is the label
        self.press("Make the code")
        return self.page.locator("b.code").first.inner_text()

    def push(self, patient: dict[str, Any]) -> None:
        """Open a patient and send them to one's phone."""
        self.go(f"/patients/{patient['id']}")
        self.press("Send to my phone")
        expect(self.page.get_by_role("status")).to_be_visible()

    def open_photo(self, patient: dict[str, Any]) -> None:
        """Open the newest photo of a patient from the timeline."""
        self.go(f"/patients/{patient['id']}")
        self.page.locator("tbody th a").first.click()
        expect(self.page.get_by_role("heading", level=1)).to_be_visible()
