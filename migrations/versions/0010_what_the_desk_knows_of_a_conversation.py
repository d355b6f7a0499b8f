"""Who has taken a conversation and read it, drafts, notes, canned replies, and how each person likes the screen."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

ID = sa.CHAR(36).with_variant(sa.Uuid(as_uuid=False), "postgresql")
MOMENT = sa.DateTime(timezone=True)
TAKEN = sa.text("assigned_to_id IS NOT NULL")
KEPT = sa.text("deleted_at IS NULL")
# What the list of conversations reads, each in its order.
LISTS = {
    "ix_sessions_waiting": (("waiting_since",), sa.text("waiting_since IS NOT NULL")),
    "ix_sessions_resting": (("snoozed_until",), sa.text("snoozed_until IS NOT NULL")),
    "ix_sessions_closed": (("is_active", "last_message_at"), sa.text("is_active = false")),
    "ix_sessions_unlinked": (("is_active", "last_message_at"), sa.text("checkin_room_id IS NULL AND is_active = true")),
}
WAITING = sa.text("posted_at IS NULL AND cancelled_at IS NULL")

_NEW = {
    "sessions": (("settled_seq", sa.Integer(), "0"),),
    "hotels": (
        ("amber_minutes", sa.Integer(), "3"),
        ("red_minutes", sa.Integer(), "5"),
        ("escalate_minutes", sa.Integer(), "10"),
    ),
    "staff": (
        ("theme", sa.String(10), "auto"),
        ("has_letter_keys", sa.Boolean(), sa.true()),
        ("sound_volume", sa.Integer(), "70"),
        ("wants_notifications", sa.Boolean(), sa.false()),
    ),
}
_OF_CONVERSATIONS = ("assigned_to_id", "assigned_at", "answering_by_id", "answering_until", "snoozed_until")


def upgrade() -> None:
    _widen_conversations()
    for table, columns in _NEW.items():
        with op.batch_alter_table(table) as batch:
            for name, kind, default in columns:
                batch.add_column(sa.Column(name, kind, nullable=False, server_default=default))
            if table == "staff":
                batch.add_column(sa.Column("language", sa.String(8)))
                batch.create_check_constraint("ck_staff_theme", "theme IN ('auto', 'light', 'dark')")
        with op.batch_alter_table(table) as batch:
            for name, kind, _ in columns:
                batch.alter_column(name, existing_type=kind, server_default=None)
    _create_readings()
    _create_drafts()
    _create_notes()
    _create_canned_replies()
    _create_scheduled_messages()


def downgrade() -> None:
    for table in ("scheduled_messages", "canned_replies", "notes", "drafts", "readings"):
        op.drop_table(table)
    with op.batch_alter_table("staff") as batch:
        batch.drop_constraint("ck_staff_theme", type_="check")
        batch.drop_column("language")
    for name in (*LISTS, "ix_sessions_assigned"):
        op.drop_index(name, "sessions")
    op.drop_index("ix_sessions_changed", "sessions")
    with op.batch_alter_table("sessions") as batch:
        batch.drop_constraint("fk_sessions_assigned_to", type_="foreignkey")
        batch.drop_constraint("fk_sessions_answering_by", type_="foreignkey")
        for name in _OF_CONVERSATIONS:
            batch.drop_column(name)
    op.create_index("ix_sessions_waiting", "sessions", ["hotel_id", "is_active", "waiting_since"])
    for table, columns in _NEW.items():
        with op.batch_alter_table(table) as batch:
            for name, *_ in columns:
                batch.drop_column(name)


def _widen_conversations() -> None:
    op.drop_index("ix_sessions_waiting", "sessions")
    with op.batch_alter_table("sessions") as batch:
        for name in _OF_CONVERSATIONS:
            batch.add_column(sa.Column(name, ID if name.endswith("_id") else MOMENT))
        batch.create_foreign_key("fk_sessions_assigned_to", "staff", ["assigned_to_id"], ["id"])
        batch.create_foreign_key("fk_sessions_answering_by", "staff", ["answering_by_id"], ["id"])
    op.create_index("ix_sessions_assigned", "sessions", ["assigned_to_id"], postgresql_where=TAKEN, sqlite_where=TAKEN)
    op.create_index("ix_sessions_changed", "sessions", ["hotel_id", "updated_at"])
    for name, (columns, where) in LISTS.items():
        op.create_index(name, "sessions", ["hotel_id", *columns], postgresql_where=where, sqlite_where=where)


def _row() -> list[sa.Column]:
    """The columns that every row has."""
    return [
        sa.Column("id", ID, primary_key=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
    ]


def _create_readings() -> None:
    op.create_table(
        "readings",
        sa.Column("conversation_id", ID, sa.ForeignKey("sessions.id"), nullable=False),
        sa.Column("staff_id", ID, sa.ForeignKey("staff.id"), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("is_marked_unread", sa.Boolean(), nullable=False),
        *_row(),
    )
    op.create_index("uq_readings", "readings", ["conversation_id", "staff_id"], unique=True)


def _create_drafts() -> None:
    op.create_table(
        "drafts",
        sa.Column("conversation_id", ID, sa.ForeignKey("sessions.id"), nullable=False),
        sa.Column("staff_id", ID, sa.ForeignKey("staff.id"), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        *_row(),
        sa.CheckConstraint("kind IN ('reply', 'note')", name="ck_drafts_kind"),
    )
    op.create_index("uq_drafts", "drafts", ["conversation_id", "staff_id", "kind"], unique=True)
    op.create_index("ix_drafts_staff_id", "drafts", ["staff_id"])


def _create_notes() -> None:
    op.create_table(
        "notes",
        sa.Column("conversation_id", ID, sa.ForeignKey("sessions.id"), nullable=False),
        sa.Column("author_id", ID, sa.ForeignKey("staff.id"), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("deleted_at", MOMENT),
        *_row(),
    )
    op.create_index("ix_notes_conversation", "notes", ["conversation_id", "created_at"])


def _create_canned_replies() -> None:
    op.create_table(
        "canned_replies",
        sa.Column("hotel_id", ID, sa.ForeignKey("hotels.id"), nullable=False),
        sa.Column("shortcut", sa.String(40), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("title", sa.String(80), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("deleted_at", MOMENT),
        *_row(),
    )
    op.create_index(
        "uq_canned_replies",
        "canned_replies",
        ["hotel_id", "shortcut", "language"],
        unique=True,
        postgresql_where=KEPT,
        sqlite_where=KEPT,
    )


def _create_scheduled_messages() -> None:
    op.create_table(
        "scheduled_messages",
        sa.Column("conversation_id", ID, sa.ForeignKey("sessions.id"), nullable=False),
        sa.Column("author_id", ID, sa.ForeignKey("staff.id"), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("send_at", MOMENT, nullable=False),
        sa.Column("posted_at", MOMENT),
        sa.Column("cancelled_at", MOMENT),
        sa.Column("revision", sa.Integer(), nullable=False),
        *_row(),
    )
    op.create_index(
        "ix_scheduled_messages_due", "scheduled_messages", ["send_at"], postgresql_where=WAITING, sqlite_where=WAITING
    )
    op.create_index("ix_scheduled_messages_conversation", "scheduled_messages", ["conversation_id"])
