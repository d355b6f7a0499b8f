"""WAHA's endpoints about hidden ids. NOWEB learns which phone belongs to one from traffic that carries both."""

from flask import Blueprint

from . import ids
from .answers import admit, need_store, network, number
from .state import Guest

bp = Blueprint("api_lids", __name__)
bp.before_request(admit)


@bp.get("/api/<session>/lids")
def lids(session: str) -> list[dict]:
    need_store(session)
    limit, offset = number("limit", 100), number("offset", 0)
    return [_pair(guest) for guest in _known()][offset : offset + limit]


@bp.get("/api/<session>/lids/count")
def lids_count(session: str) -> dict:
    need_store(session)
    return {"count": len(_known())}


@bp.get("/api/<session>/lids/<lid>")
def phone_of_lid(session: str, lid: str) -> dict:
    need_store(session)
    lid = lid if "@" in lid else f"{lid}@lid"
    return next((_pair(guest) for guest in _known() if guest.lid == lid), {"lid": lid, "pn": None})


@bp.get("/api/<session>/lids/pn/<phone>")
def lid_of_phone(session: str, phone: str) -> dict:
    need_store(session)
    address = ids.chat_address(phone)
    return next((_pair(guest) for guest in _known() if guest.address == address), {"lid": None, "pn": address})


def _known() -> list[Guest]:
    if network().trouble.lids_unknown:
        return []
    with network().lock:
        guests = list(network().state.guests.values())
    return [guest for guest in guests if guest.is_pair_known and guest.has_whatsapp]


def _pair(guest: Guest) -> dict:
    return {"lid": guest.lid, "pn": guest.address}
