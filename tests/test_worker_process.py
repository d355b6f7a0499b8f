"""The worker's process as a whole: how its senders share the lines."""

from concierge.worker import Worker
from tests.story import check_in


def test_line_that_hangs_keeps_the_senders_it_has_and_gets_no_others(app, wait):
    """Its calls lose their places in the database's count after a while; this process remembers them."""
    for number in range(6):
        check_in(app, room=str(200 + number), name=f"Guest {number}", phone=f"+62812345000{number:02d}")
    ours, another = Worker(app), Worker(app)

    taken = [_take(ours) for _ in range(4)]
    wait(seconds=13)

    assert None not in taken
    assert _take(ours) is None
    assert _take(another) is not None


def test_sender_that_comes_home_gives_its_place_back(app, waha):
    check_in(app)
    worker = Worker(app)

    with app.app_context():
        assert worker._deliver()

    assert not any(worker.under_way.values())


def _take(worker: Worker) -> object | None:
    with worker.app.app_context():
        return worker._take()
