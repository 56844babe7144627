"""Sessions: the store behind every signed-in screen, and the two limits it keeps.

Ten minutes without a request, or twelve hours after signing in, a session is over on every channel:
pages, the phone's API and the passkey protocol all load it here (security-design, section 8).
"""

from datetime import timedelta
from typing import Any, Final

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db

from safelight.lib.clock import now

IDLE: Final = timedelta(minutes=10)
ABSOLUTE: Final = timedelta(hours=12)
TOUCH_SECONDS: Final = 60
BEGAN = "began"
SEEN = "seen"


class SessionStore(db.SessionStore):
    """Django's database store, which forgets a person who was away or signed in too long."""

    def load(self) -> dict[str, Any]:
        """Load, end what is over, and note that the person was here (at most once a minute)."""
        data = super().load()
        if self._is_over(data):
            self.delete(self.session_key)
            self._session_key = None
            return {}
        return data

    async def aload(self) -> dict[str, Any]:
        """Do the same where Django asks without blocking."""
        data: dict[str, Any] = await super().aload()
        if self._is_over(data):
            await self.adelete(self.session_key)
            self._session_key = None
            return {}
        return data

    def _is_over(self, data: dict[str, Any]) -> bool:
        """Say whether a limit has passed; otherwise note the time. Nobody signed in, no limit."""
        if SESSION_KEY not in data:
            return False
        at = now().timestamp()
        began, seen = float(data.setdefault(BEGAN, at)), float(data.get(SEEN, at))
        if at - began >= ABSOLUTE.total_seconds() or at - seen >= IDLE.total_seconds():
            return True
        if SEEN not in data or at - seen >= TOUCH_SECONDS:
            data[SEEN] = at
            self.modified = True
        return False
