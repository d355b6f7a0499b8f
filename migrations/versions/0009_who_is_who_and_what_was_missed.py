"""Guests joined when two turn out to be one, errands to WAHA, reading what webhooks missed, and watching a silence."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

ID = sa.CHAR(36).with_variant(sa.Uuid(as_uuid=False), "postgresql")
MOMENT = sa.DateTime(timezone=True)
WAITING = sa.text("state = 'waiting'")

_LINE_COLUMNS = (
    "caught_up_at",
    "catch_up_at",
    "catch_up_until",
    "catch_up_hint",
    "silent_after_minutes",
    "heartbeat_minutes",
    "heartbeat_at",
    "heartbeat_code",
    "heartbeat_sent_at",
    "heartbeat_seen_at",
)


def upgrade() -> None:
    with op.batch_alter_table("users") as batch:
        batch.add_column(sa.Column("joined_into_id", ID))
        batch.create_foreign_key("fk_users_joined_into", "users", ["joined_into_id"], ["id"])
    with op.batch_alter_table("sessions") as batch:
        batch.add_column(sa.Column("joined_into_id", ID))
        batch.create_foreign_key("fk_sessions_joined_into", "sessions", ["joined_into_id"], ["id"])
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    with op.batch_alter_table("guest_addresses", recreate="always" if is_sqlite else "never") as batch:
        batch.add_column(sa.Column("lid_of", sa.String(60)))
    _watch_lines()
    _create_errands()


def downgrade() -> None:
    op.drop_table("errands")
    with op.batch_alter_table("lines") as batch:
        for name in _LINE_COLUMNS:
            batch.drop_column(name)
    with op.batch_alter_table("guest_addresses") as batch:
        batch.drop_column("lid_of")
    for table in ("sessions", "users"):
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(f"fk_{table}_joined_into", type_="foreignkey")
            batch.drop_column("joined_into_id")


def _watch_lines() -> None:
    with op.batch_alter_table("lines") as batch:
        for name in ("caught_up_at", "catch_up_at", "catch_up_until"):
            batch.add_column(sa.Column(name, MOMENT))
        batch.add_column(sa.Column("catch_up_hint", sa.String(40)))
        batch.add_column(sa.Column("silent_after_minutes", sa.Integer(), nullable=False, server_default="1440"))
        batch.add_column(sa.Column("heartbeat_minutes", sa.Integer(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("heartbeat_at", MOMENT))
        batch.add_column(sa.Column("heartbeat_code", sa.String(20)))
        batch.add_column(sa.Column("heartbeat_sent_at", MOMENT))
        batch.add_column(sa.Column("heartbeat_seen_at", MOMENT))
    with op.batch_alter_table("lines") as batch:
        batch.alter_column("silent_after_minutes", existing_type=sa.Integer(), server_default=None)
        batch.alter_column("heartbeat_minutes", existing_type=sa.Integer(), server_default=None)


def _create_errands() -> None:
    op.create_table(
        "errands",
        sa.Column("line_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("claims", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("answer", sa.String(length=60), nullable=True),
        sa.Column("id", ID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint("kind IN ('phone_of_lid', 'lid_of_phone')", name="ck_errands_kind"),
        sa.CheckConstraint("state IN ('waiting', 'done', 'given_up')", name="ck_errands_state"),
        sa.ForeignKeyConstraint(["line_id"], ["lines.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("uq_errands_subject", "errands", ["line_id", "kind", "subject"], unique=True)
    op.create_index("ix_errands_due", "errands", ["due_at"], postgresql_where=WAITING, sqlite_where=WAITING)
