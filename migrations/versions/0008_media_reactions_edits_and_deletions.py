"""Files that come with messages, reactions, and what edits and deletions leave behind."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

ID = sa.CHAR(36).with_variant(sa.Uuid(as_uuid=False), "postgresql")
MOMENT = sa.DateTime(timezone=True)
WANTED = sa.text("state = 'wanted'")


def upgrade() -> None:
    with op.batch_alter_table("messages") as batch:
        batch.add_column(sa.Column("content_revision", sa.Integer(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("quoted_raw_id", sa.String(200)))
        batch.add_column(sa.Column("edited_at", MOMENT))
        batch.add_column(sa.Column("original_text", sa.Text()))
        batch.add_column(sa.Column("revoked_at", MOMENT))
    with op.batch_alter_table("messages") as batch:
        batch.alter_column("content_revision", existing_type=sa.Integer(), server_default=None)
    _create_media()
    _create_reactions()


def downgrade() -> None:
    op.drop_table("reactions")
    op.drop_table("media")
    with op.batch_alter_table("messages") as batch:
        for name in ("content_revision", "quoted_raw_id", "edited_at", "original_text", "revoked_at"):
            batch.drop_column(name)


def _create_media() -> None:
    op.create_table(
        "media",
        sa.Column("hotel_id", ID, nullable=False),
        sa.Column("message_id", ID, nullable=False),
        sa.Column("told_id", sa.String(400), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("told_type", sa.String(200), nullable=True),
        sa.Column("filename", sa.String(200), nullable=True),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("reason", sa.String(40), nullable=True),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claims", sa.Integer(), nullable=False),
        sa.Column("content_type", sa.String(40), nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("id", ID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint("state IN ('wanted', 'stored', 'failed')", name="ck_media_state"),
        sa.ForeignKeyConstraint(["hotel_id"], ["hotels.id"]),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("uq_media_message", "media", ["message_id"], unique=True)
    op.create_index("ix_media_due", "media", ["due_at"], postgresql_where=WANTED, sqlite_where=WANTED)


def _create_reactions() -> None:
    op.create_table(
        "reactions",
        sa.Column("message_id", ID, nullable=False),
        sa.Column("is_ours", sa.Boolean(), nullable=False),
        sa.Column("emoji", sa.String(40), nullable=False),
        sa.Column("reacted_at", MOMENT, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("uq_reactions_message", "reactions", ["message_id", "is_ours"], unique=True)
