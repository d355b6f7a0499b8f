"""A worker that lives some minutes ahead: for it the leases and searches of the others have run out."""

import sys
from datetime import timedelta

from concierge import clock, create_app
from concierge.worker import Worker

if __name__ == "__main__":
    clock.shift(timedelta(minutes=float(sys.argv[1])))
    Worker(create_app()).run()
