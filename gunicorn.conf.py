"""gunicorn's settings: the same under `make run`, systemd and Docker. HOST and PORT are Concierge's own."""

import sys
from typing import Any

from concierge.config import Config, UnsafeSettings


def _settings() -> Config:
    try:
        config = Config.from_environment()
        config.refuse_unsafe()
    except UnsafeSettings as fault:
        # Said here once, before any worker is forked: from inside a worker it would be a traceback per worker.
        sys.exit(str(fault))
    return config


_config = _settings()
_host: Any = f"[{_config.host}]" if ":" in _config.host else _config.host

bind = f"{_host}:{_config.port}"
worker_class = "gthread"
workers = 2
threads = 8
timeout = 60
graceful_timeout = 5
accesslog = None
# gunicorn 27 opens a control socket in the home folder unless told otherwise: two of them would meet there.
control_socket_disable = True
