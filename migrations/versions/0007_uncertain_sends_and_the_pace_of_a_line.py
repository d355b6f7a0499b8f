"""What is needed to look for uncertain sends, to keep a line's pace and to let old words expire."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

ID = sa.CHAR(36).with_variant(sa.Uuid(as_uuid=False), "postgresql")
MOMENT = sa.DateTime(timezone=True)
ONLY_CHOSEN = sa.text("raw_id IS NULL AND chosen_id IS NOT NULL")
QUEUED = sa.text("status = 'queued'")
ACCEPTED = sa.text("status = 'accepted'")
TROUBLE = sa.text(
    "call_outcome IS NULL AND (status IN ('failed', 'unconfirmed') OR failure = 'expired' OR flagged_at IS NOT NULL)"
)
FIRST_CONTACT = sa.text("is_first_contact")
FIRST_CONTACT_ON_SQLITE = sa.text("is_first_contact = 1")


def upgrade() -> None:
    with op.batch_alter_table("messages") as batch:
        batch.add_column(sa.Column("priority", sa.Integer(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("is_first_contact", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch.add_column(sa.Column("expires_at", MOMENT))
        batch.add_column(sa.Column("chosen_id", sa.String(200)))
        batch.add_column(sa.Column("tried_at", MOMENT))
        batch.add_column(sa.Column("looking_since", MOMENT))
        batch.add_column(sa.Column("flagged_at", MOMENT))
        batch.add_column(sa.Column("call_outcome", sa.String(20)))
        batch.add_column(sa.Column("call_outcome_at", MOMENT))
        batch.add_column(sa.Column("call_outcome_by_id", ID))
        batch.create_foreign_key("fk_messages_call_outcome_by", "staff", ["call_outcome_by_id"], ["id"])
        batch.create_check_constraint(
            "ck_messages_call_outcome", "call_outcome IN ('reached', 'no_answer', 'not_needed')"
        )
    with op.batch_alter_table("messages") as batch:
        batch.alter_column("priority", existing_type=sa.Integer(), server_default=None)
        batch.alter_column("is_first_contact", existing_type=sa.Boolean(), server_default=None)
    _settle_the_past()
    op.drop_index("ix_messages_due", "messages")
    _create_messages_indexes()
    with op.batch_alter_table("lines") as batch:
        batch.add_column(sa.Column("gap_seconds", sa.Float(), nullable=False, server_default="1.0"))
        batch.add_column(sa.Column("next_send_at", MOMENT))
        batch.add_column(sa.Column("restricted_until", MOMENT))
        batch.add_column(sa.Column("is_typing_shown", sa.Boolean(), nullable=False, server_default=sa.true()))
        batch.add_column(sa.Column("first_contacts_an_hour", sa.Integer(), nullable=False, server_default="60"))
    with op.batch_alter_table("lines") as batch:
        batch.alter_column("gap_seconds", existing_type=sa.Float(), server_default=None)
        batch.alter_column("is_typing_shown", existing_type=sa.Boolean(), server_default=None)
        batch.alter_column("first_contacts_an_hour", existing_type=sa.Integer(), server_default=None)
    with op.batch_alter_table("hotels") as batch:
        batch.add_column(sa.Column("undo_seconds", sa.Integer(), nullable=False, server_default="5"))
    with op.batch_alter_table("hotels") as batch:
        batch.alter_column("undo_seconds", existing_type=sa.Integer(), server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("hotels") as batch:
        batch.drop_column("undo_seconds")
    with op.batch_alter_table("lines") as batch:
        for name in ("gap_seconds", "next_send_at", "restricted_until", "is_typing_shown", "first_contacts_an_hour"):
            batch.drop_column(name)
    for name in _MESSAGE_INDEXES:
        op.drop_index(name, "messages")
    with op.batch_alter_table("messages") as batch:
        batch.drop_constraint("ck_messages_call_outcome", type_="check")
        batch.drop_constraint("fk_messages_call_outcome_by", type_="foreignkey")
        for name in _MESSAGE_COLUMNS:
            batch.drop_column(name)
    op.create_index(
        "ix_messages_due", "messages", ["due_at", "created_at"], postgresql_where=QUEUED, sqlite_where=QUEUED
    )


_MESSAGE_INDEXES = (
    "ix_messages_due",
    "ix_messages_accepted",
    "ix_messages_chosen_id",
    "ix_messages_first_contact",
    "ix_messages_trouble",
)
_MESSAGE_COLUMNS = (
    "priority",
    "is_first_contact",
    "expires_at",
    "chosen_id",
    "tried_at",
    "looking_since",
    "flagged_at",
    "call_outcome",
    "call_outcome_at",
    "call_outcome_by_id",
)


def _settle_the_past() -> None:
    """What is over does not come onto the call list, and old words do not go out after the update."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"

    def later(moment: str, span: str) -> str:
        if is_sqlite:
            return f"strftime('%Y-%m-%d %H:%M:%f', {moment}, '{span}') || '000'"
        return f"{moment} + interval '{span}'"

    op.execute("UPDATE messages SET priority = CASE origin WHEN 'staff' THEN 0 WHEN 'welcome' THEN 1 ELSE 2 END")
    op.execute(
        "UPDATE messages SET call_outcome = 'not_needed' WHERE status IN ('accepted', 'failed', 'unconfirmed')"
        f" AND created_at < {later('CURRENT_TIMESTAMP', '-1 day')}"
    )
    for origin, life in (("staff", "+2 hours"), ("automatic", "+10 minutes")):
        op.execute(
            f"UPDATE messages SET expires_at = {later('created_at', life)}"
            f" WHERE status = 'queued' AND origin = '{origin}'"
        )


def _create_messages_indexes() -> None:
    op.create_index(
        "ix_messages_chosen_id",
        "messages",
        ["line_id", "chosen_id"],
        postgresql_where=ONLY_CHOSEN,
        sqlite_where=ONLY_CHOSEN,
    )
    op.create_index("ix_messages_trouble", "messages", ["line_id"], postgresql_where=TROUBLE, sqlite_where=TROUBLE)
    op.create_index(
        "ix_messages_due",
        "messages",
        ["priority", "due_at", "created_at"],
        postgresql_where=QUEUED,
        sqlite_where=QUEUED,
    )
    op.create_index(
        "ix_messages_accepted", "messages", ["accepted_at"], postgresql_where=ACCEPTED, sqlite_where=ACCEPTED
    )
    op.create_index(
        "ix_messages_first_contact",
        "messages",
        ["line_id", "tried_at"],
        postgresql_where=FIRST_CONTACT,
        sqlite_where=FIRST_CONTACT_ON_SQLITE,
    )
