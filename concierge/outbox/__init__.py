"""A message's life, in order: posted, claimed, then accepted, refused or looked for, then acked; retried or cancelled.

Functions here only change rows; whoever calls them commits.
"""

from concierge.outbox.claiming import (
    LEASE,
    MOST_IN_FLIGHT,
    claim_look,
    claim_next,
    is_look_due,
    is_something_due,
    record_name,
)
from concierge.outbox.posting import cancel, cancel_queued, confirm, note_guest_wrote, post, retry
from concierge.outbox.recording import (
    STATUS_OF_ACK,
    record_accepted,
    record_ack,
    record_fault_of_ours,
    record_refused,
    record_refused_by_line,
    record_unknown,
)
from concierge.outbox.rows import TooLate
from concierge.outbox.searching import LOOK_FOR, record_absent, record_unseen
from concierge.outbox.sweeping import expire_leases, expire_stale, flag_unticked

__all__ = [
    "LEASE",
    "LOOK_FOR",
    "MOST_IN_FLIGHT",
    "STATUS_OF_ACK",
    "TooLate",
    "cancel",
    "cancel_queued",
    "claim_look",
    "claim_next",
    "confirm",
    "expire_leases",
    "expire_stale",
    "flag_unticked",
    "is_look_due",
    "is_something_due",
    "note_guest_wrote",
    "post",
    "record_absent",
    "record_accepted",
    "record_ack",
    "record_fault_of_ours",
    "record_name",
    "record_refused",
    "record_refused_by_line",
    "record_unknown",
    "record_unseen",
    "retry",
]
