"""Conversations and messages; an outgoing message is its own outbox row."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

ID = sa.CHAR(36).with_variant(sa.Uuid(as_uuid=False), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _create_sessions()
    _create_messages()


def downgrade() -> None:
    op.drop_table("messages")
    op.drop_table("sessions")


def _create_sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("hotel_id", ID, nullable=False),
        sa.Column("session_id", ID, nullable=False),
        sa.Column("checkin_room_id", ID, nullable=True),
        sa.Column("line_id", ID, nullable=False),
        sa.Column("address_id", ID, nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("start", MOMENT, nullable=False),
        sa.Column("end", MOMENT, nullable=True),
        sa.Column("duration", sa.Integer(), nullable=True),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("last_message_at", MOMENT, nullable=True),
        sa.Column("waiting_since", MOMENT, nullable=True),
        sa.Column("auto_reply_at", MOMENT, nullable=True),
        sa.Column("id", ID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["address_id"],
            ["guest_addresses.id"],
        ),
        sa.ForeignKeyConstraint(
            ["checkin_room_id"],
            ["checkin_rooms.id"],
        ),
        sa.ForeignKeyConstraint(
            ["hotel_id"],
            ["hotels.id"],
        ),
        sa.ForeignKeyConstraint(
            ["line_id"],
            ["lines.id"],
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["users.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_sessions_auto_reply", "sessions", ["auto_reply_at"], unique=False)
    op.create_index("ix_sessions_guest", "sessions", ["session_id"], unique=False)
    op.create_index("ix_sessions_recent", "sessions", ["hotel_id", "last_message_at"], unique=False)
    op.create_index("ix_sessions_stay", "sessions", ["checkin_room_id"], unique=False)
    op.create_index("ix_sessions_waiting", "sessions", ["hotel_id", "is_active", "waiting_since"], unique=False)
    op.create_index(
        "uq_sessions_active",
        "sessions",
        ["session_id", "line_id"],
        unique=True,
        postgresql_where=sa.text("is_active = true"),
        sqlite_where=sa.text("is_active = true"),
    )


def _create_messages() -> None:
    op.create_table(
        "messages",
        sa.Column("session_id", ID, nullable=False),
        sa.Column("line_id", ID, nullable=False),
        sa.Column("address_id", ID, nullable=True),
        sa.Column("author_id", ID, nullable=True),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("origin", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=True),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("sent_at", MOMENT, nullable=False),
        sa.Column("raw_id", sa.String(length=200), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=True),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claims", sa.Integer(), nullable=False),
        sa.Column("failure", sa.String(length=40), nullable=True),
        sa.Column("accepted_at", MOMENT, nullable=True),
        sa.Column("status_at", MOMENT, nullable=True),
        sa.Column("id", ID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint("(role = 'User') = (status IS NULL)", name="ck_messages_status_by_role"),
        sa.CheckConstraint("origin IN ('welcome', 'automatic', 'staff', 'phone', 'guest')", name="ck_messages_origin"),
        sa.CheckConstraint("role IN ('System', 'User')", name="ck_messages_role"),
        sa.CheckConstraint(
            "status IN ('queued', 'sending', 'accepted', 'sent', 'delivered', 'read',"
            " 'failed', 'cancelled', 'unconfirmed')",
            name="ck_messages_status",
        ),
        sa.ForeignKeyConstraint(
            ["address_id"],
            ["guest_addresses.id"],
        ),
        sa.ForeignKeyConstraint(
            ["author_id"],
            ["staff.id"],
        ),
        sa.ForeignKeyConstraint(
            ["line_id"],
            ["lines.id"],
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["sessions.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_messages_due",
        "messages",
        ["due_at", "created_at"],
        unique=False,
        postgresql_where=sa.text("status = 'queued'"),
        sqlite_where=sa.text("status = 'queued'"),
    )
    op.create_index(
        "ix_messages_in_flight",
        "messages",
        ["session_id", "seq"],
        unique=False,
        postgresql_where=sa.text("status IN ('queued', 'sending')"),
        sqlite_where=sa.text("status IN ('queued', 'sending')"),
    )
    op.create_index(
        "ix_messages_leased",
        "messages",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("status = 'sending'"),
        sqlite_where=sa.text("status = 'sending'"),
    )
    op.create_index("ix_messages_revision", "messages", ["session_id", "revision"], unique=False)
    op.create_index("ix_messages_thread", "messages", ["session_id", "sent_at", "seq"], unique=False)
    op.create_index(
        "uq_messages_raw_id",
        "messages",
        ["line_id", "raw_id", "role"],
        unique=True,
        postgresql_where=sa.text("raw_id IS NOT NULL"),
        sqlite_where=sa.text("raw_id IS NOT NULL"),
    )
    op.create_index("uq_messages_seq", "messages", ["session_id", "seq"], unique=True)
