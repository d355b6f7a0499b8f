"""A hotel, its WhatsApp line, its staff and its rooms."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

ID = sa.CHAR(36).with_variant(sa.Uuid(as_uuid=False), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _create_hotels()
    _create_lines()
    _create_staff()
    _create_sign_in_attempts()
    _create_rooms()
    _create_templates()


def downgrade() -> None:
    op.drop_table("templates")
    op.drop_table("rooms")
    op.drop_table("sign_in_attempts")
    op.drop_table("staff")
    op.drop_table("lines")
    op.drop_table("hotels")


def _create_hotels() -> None:
    op.create_table(
        "hotels",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def _create_lines() -> None:
    op.create_table(
        "lines",
        sa.Column("hotel_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("host", sa.String(length=500), nullable=True),
        sa.Column("waha_session", sa.String(length=64), nullable=False),
        sa.Column("api_key_encrypted", sa.Text(), nullable=True),
        sa.Column("hmac_key_encrypted", sa.Text(), nullable=True),
        sa.Column("webhook_token_hash", sa.String(length=64), nullable=True),
        sa.Column("own_phone", sa.String(length=20), nullable=True),
        sa.Column("own_lid", sa.String(length=40), nullable=True),
        sa.Column("status", sa.String(length=40), nullable=True),
        sa.Column("status_at", MOMENT, nullable=True),
        sa.Column("checked_at", MOMENT, nullable=True),
        sa.Column("last_event_at", MOMENT, nullable=True),
        sa.Column("paused_since", MOMENT, nullable=True),
        sa.Column("pause_reason", sa.String(length=40), nullable=True),
        sa.Column("probe_at", MOMENT, nullable=True),
        sa.Column("probe_seconds", sa.Integer(), nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["hotel_id"],
            ["hotels.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_lines_hotel_id", "lines", ["hotel_id"], unique=False)
    op.create_index("uq_lines_position", "lines", ["position"], unique=True)
    op.create_index("uq_lines_token", "lines", ["webhook_token_hash"], unique=True)


def _create_staff() -> None:
    op.create_table(
        "staff",
        sa.Column("hotel_id", ID, nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("deleted_at", MOMENT, nullable=True),
        sa.Column("id", ID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint("role IN ('desk', 'manager', 'admin')", name="ck_staff_role"),
        sa.ForeignKeyConstraint(
            ["hotel_id"],
            ["hotels.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_staff_hotel_id", "staff", ["hotel_id"], unique=False)
    op.create_index(
        "uq_staff_email",
        "staff",
        ["email"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
        sqlite_where=sa.text("deleted_at IS NULL"),
    )


def _create_sign_in_attempts() -> None:
    op.create_table(
        "sign_in_attempts",
        sa.Column("key", sa.String(length=400), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("blocked_until", MOMENT, nullable=True),
        sa.Column("id", ID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("uq_sign_in_attempts_key", "sign_in_attempts", ["key"], unique=True)


def _create_rooms() -> None:
    op.create_table(
        "rooms",
        sa.Column("hotel_id", ID, nullable=False),
        sa.Column("room_number", sa.String(length=20), nullable=False),
        sa.Column("type", sa.String(length=60), nullable=False),
        sa.Column("is_booked", sa.Boolean(), nullable=False),
        sa.Column("cleaning_state", sa.String(length=20), nullable=False),
        sa.Column("deleted_at", MOMENT, nullable=True),
        sa.Column("id", ID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "cleaning_state IN ('clean', 'dirty', 'inspected', 'out_of_order')", name="ck_rooms_cleaning_state"
        ),
        sa.ForeignKeyConstraint(
            ["hotel_id"],
            ["hotels.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "uq_rooms_number",
        "rooms",
        ["hotel_id", "room_number"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
        sqlite_where=sa.text("deleted_at IS NULL"),
    )


def _create_templates() -> None:
    op.create_table(
        "templates",
        sa.Column("hotel_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint("kind IN ('welcome', 'auto_reply')", name="ck_templates_kind"),
        sa.ForeignKeyConstraint(
            ["hotel_id"],
            ["hotels.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("uq_templates_kind_language", "templates", ["hotel_id", "kind", "language"], unique=True)
