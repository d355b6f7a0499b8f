"""The hotel's rooms, from a file."""

import csv
import io
from typing import Any

from sqlalchemy import select

from concierge.extensions import db
from concierge.models import Hotel, Room
from concierge.models.room import CLEANING_STATES

LONGEST_NUMBER, LONGEST_TYPE = 20, 60


class BadRows(ValueError):
    """Rows that cannot be imported, each with its line and its reason; nothing was changed."""


def import_csv(hotel: Hotel, content: bytes) -> tuple[int, int]:
    """Add or update rooms by number: how many were added and updated. All rows or none: raises BadRows.

    Columns room_number and, if wanted, type and cleaning_state; separated by comma, semicolon or tab.
    """
    rows = _read(content)
    known = {
        room.number: room
        for room in db.session.scalars(select(Room).where(Room.hotel_id == hotel.id, Room.deleted_at.is_(None)))
    }
    added = 0
    for row in rows:
        room = known.get(row["room_number"])
        if room is None:
            room = Room(hotel_id=hotel.id, number=row["room_number"])
            db.session.add(room)
            added += 1
        room.type = row.get("type") or room.type or ""
        room.cleaning_state = row.get("cleaning_state") or room.cleaning_state or "clean"
    return added, len(rows) - added


def _read(content: bytes) -> list[dict[str, str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise BadRows("The file is not UTF-8 text. Save it as CSV UTF-8.") from fault
    if "\x00" in text:
        raise BadRows("The file is not text. Save it as CSV UTF-8.")
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.DictReader(io.StringIO(text), delimiter=delimiter)
    try:
        if "room_number" not in (reader.fieldnames or []):
            raise BadRows("The first line must name the columns, room_number among them.")
        rows = dict((reader.line_num, _trimmed(row)) for row in reader)  # noqa: C402 - the number moves with the row
    except csv.Error as fault:
        raise BadRows(f"Line {reader.line_num + 1} cannot be read as CSV.") from fault
    if faults := _faults(rows):
        raise BadRows("Nothing was imported:\n" + "\n".join(faults))
    return list(rows.values())


def _trimmed(row: dict[str | Any, str | Any]) -> dict[str, str]:
    """Cells that a row has too many of, or too few, are left out."""
    return {key: value.strip() for key, value in row.items() if isinstance(key, str) and isinstance(value, str)}


def _faults(rows: dict[int, dict[str, str]]) -> list[str]:
    faults: list[str] = []
    seen: set[str] = set()
    for line, row in rows.items():
        number = row.get("room_number", "")
        if not 0 < len(number) <= LONGEST_NUMBER:
            faults.append(f"line {line}: the room number must have 1 to {LONGEST_NUMBER} characters")
        elif number in seen:
            faults.append(f"line {line}: room {number} is in the file twice")
        if len(row.get("type", "")) > LONGEST_TYPE:
            faults.append(f"line {line}: the type must have at most {LONGEST_TYPE} characters")
        if row.get("cleaning_state", "") not in ("", *CLEANING_STATES):
            faults.append(f"line {line}: the cleaning state is one of {', '.join(CLEANING_STATES)}")
        seen.add(number)
    return faults
