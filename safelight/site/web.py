"""One web process: uvicorn on the socket that the parent opened."""

import os

import uvicorn

from safelight.site.config import default_data, load
from safelight.site.serving import LISTEN_FD


def main() -> None:
    """Serve until told to stop. The access log is off: addresses hold ids, and we keep our own."""
    config = load(default_data())
    uvicorn.run(
        "safelight.site.asgi:application",
        fd=int(os.environ[LISTEN_FD]),
        lifespan="off",
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=bool(config.trusted_proxy),
        forwarded_allow_ips=config.trusted_proxy or None,
        ssl_certfile=config.certificate or None,
        ssl_keyfile=config.certificate_key or None,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=15,
        log_level="warning",
    )


if __name__ == "__main__":
    main()
