"""The plain server: Django on uvicorn, writing a body to a file, nothing else.

`python -m bench.plain FOLDER PORT` serves it, in the same way as our own web process is served.
"""

import sys
from pathlib import Path
from uuid import uuid4

import django
import uvicorn
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

FOLDER = Path(sys.argv[1]) if len(sys.argv) > 1 else Path()
CHUNK = 1024 * 1024


def write(request: HttpRequest) -> HttpResponse:
    """Write the body down."""
    with (FOLDER / uuid4().hex).open("wb") as file:
        while part := request.read(CHUNK):
            file.write(part)
    return HttpResponse("done")


urlpatterns = [path("", write)]


def main() -> None:
    """Serve until told to stop."""
    settings.configure(
        ROOT_URLCONF="bench.plain", ALLOWED_HOSTS=["localhost", "127.0.0.1"], MIDDLEWARE=[],
        SECRET_KEY="bench", DATA_UPLOAD_MAX_MEMORY_SIZE=None,
    )  # fmt: skip
    django.setup()
    uvicorn.run(
        get_asgi_application(), port=int(sys.argv[2]), lifespan="off", access_log=False,
        log_level="warning",
    )  # fmt: skip


if __name__ == "__main__":
    main()
