"""A stand-in for WAHA (NOWEB engine) with a guest's phone in the browser, for the demo and the tests. HTTP only.

`/api` is WAHA's, `/simulator` the switches, `/` the phone. Nothing leaves this computer but the webhooks.
"""

from .app import create_simulator
from .server import RunningSimulator, SimulatorRefused, serve

__all__ = ["RunningSimulator", "SimulatorRefused", "create_simulator", "serve"]
