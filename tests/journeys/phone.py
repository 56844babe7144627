"""The phone: the app in a Pixel's browser, its camera a film, its finger a virtual one."""

import re
from base64 import b64encode
from typing import Any

from playwright.sync_api import FloatRect, Locator, Route, expect

from tests.journeys.devices import PATIENCE, Device, until

RESTED = """() => new Promise((go) => {
  let [y, since] = [scrollY, performance.now()];
  const look = () => {
    if (scrollY !== y) [y, since] = [scrollY, performance.now()];
    if (performance.now() - since > 120) go(true);
    else requestAnimationFrame(look);
  };
  look();
})"""
NOTICE = """(name) => {
  window.noticed = 0;
  const look = () => {
    if (![...document.querySelectorAll("button")].some((it) => it.innerText === name)) return;
    window.noticed ||= Date.now();
    watching.disconnect();
  };
  const watching = new MutationObserver(look);
  watching.observe(document.documentElement, { childList: true, subtree: true });
  look();
}"""
STILL = """(() => {
  const bytes = Uint8Array.from(atob("%s"), (letter) => letter.charCodeAt(0));
  ImageCapture.prototype.takePhoto = () =>
    Promise.resolve(new Blob([bytes], { type: "image/jpeg" }));
})()"""
SHUTTER = 90_000  # twelve megapixels on a busy machine


def _no_answer(asked: Route) -> None:
    asked.abort("internetdisconnected")


def _box(found: Locator) -> FloatRect:
    """Return where something is on the glass."""
    box = found.bounding_box()
    assert box is not None
    return box


class Phone(Device):
    """One phone. `taps` counts every touch of the person who holds it."""

    taps = 0

    def tap(
        self, name: str | re.Pattern[str], *, exact: bool = False, wait: int = PATIENCE
    ) -> None:
        """Tap a button by its name."""
        self.touch(self.page.get_by_role("button", name=name, exact=exact), wait=wait)

    def touch(self, found: Locator, *, wait: int = PATIENCE) -> None:
        """Tap something, and count the tap."""
        found.tap(timeout=wait)
        self.taps += 1

    def sees(self, heading: str | re.Pattern[str], *, wait: int = PATIENCE) -> None:
        """Wait until a screen is there."""
        expect(self.page.get_by_role("heading", level=1, name=heading)).to_be_visible(timeout=wait)

    def says_it_holds(self, count: int, *, wait: int = PATIENCE) -> None:
        """Wait until the screen says how many photos the phone holds, as every screen does."""
        many = r"1\s*photo(?!s)" if count == 1 else rf"{count}\s*photos"
        line = self.page.locator(".held, .holds").first
        expect(line).to_contain_text(re.compile(rf"holds.*?(?<!\d){many}", re.S), timeout=wait)

    def will_show(self, button: str) -> None:
        """Note in the page itself when a button of this name is first there."""
        self.page.evaluate(NOTICE, button)

    def shown_at(self) -> float:
        """Return when it was there, in seconds by this machine's clock."""
        until(self.page, "window.noticed > 0")
        at: float = self.page.evaluate("window.noticed")
        return at / 1000

    def camera_gives(self, still: bytes) -> None:
        """Let the platform's camera give this very file, as a sensor's own software writes it.

        The browser's fake camera writes PNG files of the film's frames and nothing else.
        """
        self.context.add_init_script(STILL % b64encode(still).decode())

    def out_of_reach(self) -> None:
        """Let no call reach the practice, neither the app's nor its service worker's.

        The browser's own pretended offline drops what the system tells a service worker, and may
        stay with one for ever.
        """
        self.watch.expected.add("net")
        self.context.route(f"{self.origin}/**", _no_answer)

    def in_reach(self) -> None:
        """Let calls reach the practice again, and tell the app so as the system does."""
        self.context.unroute(f"{self.origin}/**", _no_answer)
        self.page.evaluate("dispatchEvent(new Event('online'))")

    # Adding the phone

    def open_app(self) -> None:
        """Open the app and wait until its service worker keeps the shell."""
        self.go("/phone/")
        self.page.evaluate("navigator.serviceWorker.ready.then(() => true)")

    def add(
        self, code: str, fingerprint: str = "", *, name: str = "Ada’s phone", own: bool = True
    ) -> None:
        """Add the phone by a typed code, and make its passkey if it is one person's own."""
        self.open_app()
        self.sees("Add this phone")
        self.shot("p00-add")
        self.tap("Type the code")
        self.page.get_by_label("Code from the computer").fill(code)
        self.shot("p01-type")
        self.tap("Go on")
        self.about(name)
        self.sees("Does the computer show the same?")
        self.shot("p03-compare")
        if fingerprint:
            expect(self.page.locator(".compare")).to_have_text(fingerprint)
        self.tap("The same")
        if own:
            self.set_up_unlocking()

    def about(self, name: str) -> None:
        """Say what the phone is, and what its holder has set on it."""
        self.sees("About this phone")
        self.page.get_by_label("Name of this phone").fill(name)
        self.page.get_by_label("Identity number (IMEI)").fill("490154203237518")
        self.page.get_by_label(re.compile("Automatic backup")).check()
        self.page.get_by_label(re.compile("system is up to date")).check()
        self.shot("p02-about")
        self.tap("Add this phone")

    def set_up_unlocking(self) -> None:
        """Make the phone's passkey; the app is locked afterwards."""
        self.sees("How you will unlock it")
        self.shot("p04-unlocking")
        self.tap("Set up unlocking")
        self.sees("Safelight is locked")

    def has_passkey_of(self, other: Device) -> None:
        """Hold the passkey that a person made elsewhere, as their key ring or stick would."""
        self.cdp.send("WebAuthn.clearCredentials", {"authenticatorId": self.authenticator})
        held = other.cdp.send("WebAuthn.getCredentials", {"authenticatorId": other.authenticator})
        for credential in held["credentials"]:
            told = {"authenticatorId": self.authenticator, "credential": credential}
            self.cdp.send("WebAuthn.addCredential", told)

    def unlock(self) -> None:
        """Give the finger."""
        self.tap("Unlock", exact=True)

    def unlock_first(self) -> None:
        """Unlock for the first time, and leave the test shot for later."""
        self.unlock()
        self.sees("Point the camera at a bare wall")
        self.tap("Not now")
        expect(self.page.get_by_role("region", name="Photos on this phone")).to_be_visible()

    # Consent

    def say_six_things(self) -> None:
        """Slide a finger down the six boxes, resting on each until it is ticked: one touch."""
        grips = self.page.locator(".grip")
        assert grips.count() == 6
        assert self.page.locator(".grip input:checked").count() == 0
        low = self.page.evaluate("innerHeight") - 110
        first = grips.nth(0)
        first.scroll_into_view_if_needed()
        box = _box(first)
        x, y = box["x"] + 20, box["y"] + 20
        self._finger("touchStart", x, y)
        for number in range(6):
            ticked = grips.nth(number).locator("input")
            for _ in range(400):
                if ticked.is_checked():
                    break
                box = _box(grips.nth(number))
                self._finger("touchMove", x, min(box["y"] + 20, low))
                self.page.evaluate("new Promise((go) => requestAnimationFrame(() => go(true)))")
            expect(ticked).to_be_checked()
        self.page.evaluate(RESTED)  # a finger that is lifted while it moves would fling the page
        self._finger("touchEnd")
        self.taps += 1

    def _finger(self, kind: str, x: float = 0, y: float = 0) -> None:
        points = [] if kind == "touchEnd" else [{"x": x, "y": y}]
        self.cdp.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def drag(self, begin: tuple[float, float], end: tuple[float, float]) -> None:
        """Move a finger over the glass: one touch."""
        self._finger("touchStart", *begin)
        for part in (0.25, 0.5, 0.75, 1.0):
            x = begin[0] + (end[0] - begin[0]) * part
            self._finger("touchMove", x, begin[1] + (end[1] - begin[1]) * part)
        self._finger("touchEnd")
        self.taps += 1

    def answer(self, use: str, answer: str) -> None:
        """Tap one answer of one use."""
        group = self.page.get_by_role("radiogroup", name=use)
        self.touch(group.locator("label").filter(has_text=re.compile(f"^{answer}$")))

    def sign(self) -> None:
        """Draw a signature with the finger: one touch."""
        box = self.page.locator(".signature-box")
        box.scroll_into_view_if_needed()
        at = _box(box)
        steps = [(0.2, 0.6), (0.3, 0.3), (0.4, 0.7), (0.5, 0.3), (0.6, 0.7), (0.7, 0.3), (0.8, 0.5)]
        points = [(at["x"] + at["width"] * x, at["y"] + at["height"] * y) for x, y in steps]
        self._finger("touchStart", *points[0])
        for x, y in points[1:]:
            self._finger("touchMove", x, y)
        self._finger("touchEnd")
        self.taps += 1

    def agree(self, given: str, *, referral: bool = True) -> None:
        """Have the whole talk and the signature, up to the open camera."""
        self.sees("Before the camera opens")
        self.shot("p10-consent")
        self.say_six_things()
        self.answer("Care here", "Yes")
        if referral:
            self.answer("A specialist", "Yes")
        self.shot("p11-consent-said")
        self.tap(f"{given} signs")
        self.sees(f"{given}, is this right?")
        self.sign()
        self.shot("p12-sign")
        self.tap("I agree")
        self.sees(f"Thank you, {given}.")
        self.shot("p13-thanks")
        self.tap("Open the camera")

    # Photos

    def use_tool(self, name: str) -> FloatRect:
        """Take a tool in hand on the check screen, and say where the picture is."""
        tools = self.page.get_by_role("radiogroup", name="Tool")
        self.touch(tools.get_by_text(name))
        expect(tools.get_by_role("radio", name=name)).to_be_checked()
        return _box(self.page.locator(".crop"))

    def take(self) -> None:
        """Take one photo and wait for the check."""
        shutter = self.page.get_by_role("button", name="Take", exact=True)
        expect(shutter).to_be_enabled(timeout=SHUTTER)
        self.shot("p20-camera")
        self.touch(shutter)
        keep = self.page.get_by_role("button", name="Keep it")
        expect(keep).to_be_visible(timeout=SHUTTER)
        self.shot("p21-check")

    def keep(self) -> None:
        """Keep what was taken: it is sealed."""
        self.tap("Keep it")
        expect(self.page.get_by_role("button", name="Take", exact=True)).to_be_visible(
            timeout=SHUTTER
        )

    def choose_site(self, place: str = "left forearm, front") -> None:
        """Point at the body."""
        self.tap(re.compile("Choose site|Change"))
        self.sees("Where on the body?")
        self.page.get_by_role("radio", name=place, exact=True).check(force=True)
        self.taps += 1
        self.shot("p22-outline")
        self.tap("Use this site")

    def file(self, *, recognisable: str = "No", **words: Any) -> None:
        """Write what is told on the File screen, say if anybody could be recognised, and file."""
        self.sees(re.compile("^Label th"))
        asked = self.page.get_by_role("radiogroup", name="Could someone recognise the patient?")
        if recognisable and not asked.get_by_role("radio", name=recognisable).is_checked():
            self.answer("Could someone recognise the patient?", recognisable)
        for name, said in words.items():
            self.page.get_by_role("textbox", name=re.compile(f"^{name}", re.I)).fill(said)
        self.shot("p23-file")
        self.tap(re.compile("^(File|Seal) \\d+ photo"))

    def photograph(self, **words: Any) -> None:
        """From the open camera: take one photo, keep it, say where it is, and file it."""
        self.take()
        self.keep()
        self.tap("File 1 photo")
        self.choose_site()
        self.file(**words)

    def choose(self, patient: dict[str, Any]) -> None:
        """Tap a patient of today's list."""
        self.tap(re.compile(patient["family"], re.I))

    def done(self) -> None:
        """Leave the end screen for home."""
        self.tap("Done")
        expect(self.page.get_by_role("region", name="Photos on this phone")).to_be_visible()

    def lock(self) -> None:
        """Lock by hand, from home."""
        self.tap(re.compile("lock now"))
        self.sees("Safelight is locked")

    def is_gone(self, given: str) -> None:
        """Wait for the end screen that shows the patient that nothing is left here."""
        self.sees(f"{given}, here is where your photos are.", wait=SHUTTER)
        self.says_it_holds(0)
        self.shot("p24-end")
