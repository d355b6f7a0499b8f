"""A worker that lives two minutes ahead: for it every lease and every search of the others has run out."""

from datetime import timedelta

from concierge import clock, create_app
from concierge.worker import Worker

if __name__ == "__main__":
    clock.shift(timedelta(minutes=2))
    app = create_app()
    with app.app_context():
        worker = Worker(app)
    worker.run()
