"""What gunicorn serves: `gunicorn wsgi:app`. Refuses to start a production that would be unsafe."""

import sys

from concierge import create_app
from concierge.config import Config, UnsafeSettings

try:
    config = Config.from_environment()
    config.refuse_unsafe()
except UnsafeSettings as fault:
    # 3 is gunicorn's own "worker failed to boot": the master stops instead of trying again for ever.
    print(fault, file=sys.stderr)
    sys.exit(3)

app = create_app(config)
