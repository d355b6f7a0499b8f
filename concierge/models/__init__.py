"""The tables, one per file."""

from concierge.models.address import Address
from concierge.models.canned_reply import CannedReply
from concierge.models.conversation import Conversation
from concierge.models.draft import Draft
from concierge.models.errand import Errand
from concierge.models.event import Event
from concierge.models.guest import Guest
from concierge.models.hotel import Hotel
from concierge.models.line import Line
from concierge.models.media import Media
from concierge.models.message import Message
from concierge.models.note import Note
from concierge.models.reaction import Reaction
from concierge.models.reading import Reading
from concierge.models.room import Room
from concierge.models.scheduled_message import ScheduledMessage
from concierge.models.staff import SignInAttempts, Staff
from concierge.models.stay import Stay
from concierge.models.template import Template
from concierge.models.token import ApiToken, IdempotentAnswer
from concierge.models.worker_report import WorkerReport

__all__ = [
    "Address",
    "ApiToken",
    "CannedReply",
    "Conversation",
    "Draft",
    "Errand",
    "Event",
    "Guest",
    "Hotel",
    "IdempotentAnswer",
    "Line",
    "Media",
    "Message",
    "Note",
    "Reaction",
    "Reading",
    "Room",
    "ScheduledMessage",
    "SignInAttempts",
    "Staff",
    "Stay",
    "Template",
    "WorkerReport",
]
