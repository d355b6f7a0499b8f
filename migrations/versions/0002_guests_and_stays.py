"""Guests, how they are reached, and their stays."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

ID = sa.CHAR(36).with_variant(sa.Uuid(as_uuid=False), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _create_users()
    _create_guest_addresses()
    _create_checkin_rooms()


def downgrade() -> None:
    op.drop_table("checkin_rooms")
    op.drop_table("guest_addresses")
    op.drop_table("users")


def _create_users() -> None:
    op.create_table(
        "users",
        sa.Column("hotel_id", ID, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("profile_name", sa.String(length=200), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("mobile_phone", sa.String(length=60), nullable=True),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=True),
        sa.Column("id", ID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint("role IN ('guest')", name="ck_users_role"),
        sa.ForeignKeyConstraint(
            ["hotel_id"],
            ["hotels.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_users_hotel", "users", ["hotel_id"], unique=False)


def _create_guest_addresses() -> None:
    op.create_table(
        "guest_addresses",
        sa.Column("hotel_id", ID, nullable=False),
        sa.Column("guest_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("value", sa.String(length=60), nullable=False),
        sa.Column("released_at", MOMENT, nullable=True),
        sa.Column("id", ID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint("kind IN ('phone', 'lid')", name="ck_guest_addresses_kind"),
        sa.ForeignKeyConstraint(
            ["guest_id"],
            ["users.id"],
        ),
        sa.ForeignKeyConstraint(
            ["hotel_id"],
            ["hotels.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_guest_addresses_guest_id", "guest_addresses", ["guest_id"], unique=False)
    op.create_index(
        "uq_guest_addresses_value",
        "guest_addresses",
        ["hotel_id", "kind", "value"],
        unique=True,
        postgresql_where=sa.text("released_at IS NULL"),
        sqlite_where=sa.text("released_at IS NULL"),
    )


def _create_checkin_rooms() -> None:
    op.create_table(
        "checkin_rooms",
        sa.Column("hotel_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("room_id", ID, nullable=False),
        sa.Column("guest_name", sa.String(length=200), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("checkin_date", sa.Date(), nullable=False),
        sa.Column("checkout_date", sa.Date(), nullable=True),
        sa.Column("checked_in_at", MOMENT, nullable=True),
        sa.Column("checked_out_at", MOMENT, nullable=True),
        sa.Column("checked_in_by_id", ID, nullable=True),
        sa.Column("checked_out_by_id", ID, nullable=True),
        sa.Column("is_name_asked", sa.Boolean(), nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["checked_in_by_id"],
            ["staff.id"],
        ),
        sa.ForeignKeyConstraint(
            ["checked_out_by_id"],
            ["staff.id"],
        ),
        sa.ForeignKeyConstraint(
            ["hotel_id"],
            ["hotels.id"],
        ),
        sa.ForeignKeyConstraint(
            ["room_id"],
            ["rooms.id"],
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_checkin_rooms_guest", "checkin_rooms", ["user_id"], unique=False)
    op.create_index(
        "ix_checkin_rooms_open",
        "checkin_rooms",
        ["hotel_id"],
        unique=False,
        postgresql_where=sa.text("checked_in_at IS NOT NULL AND checked_out_at IS NULL"),
        sqlite_where=sa.text("checked_in_at IS NOT NULL AND checked_out_at IS NULL"),
    )
    op.create_index(
        "uq_checkin_rooms_open_room",
        "checkin_rooms",
        ["room_id"],
        unique=True,
        postgresql_where=sa.text("checked_in_at IS NOT NULL AND checked_out_at IS NULL"),
        sqlite_where=sa.text("checked_in_at IS NOT NULL AND checked_out_at IS NULL"),
    )
