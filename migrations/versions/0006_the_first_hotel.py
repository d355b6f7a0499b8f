"""The first hotel and its line exist from the start; settings give them their names."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op
from uuid_utils import uuid7

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    if op.get_bind().execute(sa.text("SELECT 1 FROM lines WHERE position = 0")).first():
        return  # a downgrade to here left it
    hotel_id, line_id, now = str(uuid7()), str(uuid7()), datetime.now(UTC)
    times = {"created_at": now, "updated_at": now}
    hotel = {"id": hotel_id, "name": "Hotel", "time_zone": "Asia/Jakarta", "country": "ID", "language": "id"}
    line = {
        "id": line_id,
        "hotel_id": hotel_id,
        "position": 0,
        "name": "WhatsApp",
        "waha_session": "default",
        "probe_seconds": 0,
    }
    op.bulk_insert(_table("hotels"), [hotel | times])
    op.bulk_insert(_table("lines"), [line | times])


def downgrade() -> None:
    """The tables go with the migrations before this one; rows that other rows point at stay until then."""


def _table(name: str) -> sa.Table:
    connection = op.get_bind()
    return sa.Table(name, sa.MetaData(), autoload_with=connection)
