"""One web process: uvicorn on the socket that the parent opened."""

import os
import socket
import sys

import uvicorn

from safelight.site.config import default_data, load
from safelight.site.serving import LISTEN_FD, end_with_parent


def main() -> None:
    """Serve until told to stop. The access log is off: addresses hold ids, and we keep our own."""
    end_with_parent()
    config = load(default_data())
    wanted = uvicorn.Config(
        "safelight.site.asgi:application",
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
    # A socket object, not uvicorn's `fd`, which takes any socket for a Unix one: addresses of
    # callers are then lost, and without TCP_NODELAY answers wait 40 ms for an acknowledgement.
    with socket.socket(fileno=int(os.environ[LISTEN_FD])) as listener:
        server = uvicorn.Server(wanted)
        server.run(sockets=[listener])
    if not server.started:
        sys.exit(1)


if __name__ == "__main__":
    main()
