"""Tokens of programs, and the answers they were given."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

ID = sa.CHAR(36).with_variant(sa.Uuid(as_uuid=False), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _create_api_tokens()
    _create_idempotent_answers()


def downgrade() -> None:
    op.drop_table("idempotent_answers")
    op.drop_table("api_tokens")


def _create_api_tokens() -> None:
    op.create_table(
        "api_tokens",
        sa.Column("hotel_id", ID, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("last_used_at", MOMENT, nullable=True),
        sa.Column("deleted_at", MOMENT, nullable=True),
        sa.Column("id", ID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["hotel_id"],
            ["hotels.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_api_tokens_hotel_id", "api_tokens", ["hotel_id"], unique=False)
    op.create_index("uq_api_tokens_hash", "api_tokens", ["token_hash"], unique=True)


def _create_idempotent_answers() -> None:
    op.create_table(
        "idempotent_answers",
        sa.Column("caller", sa.String(length=60), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_idempotent_answers_created_at", "idempotent_answers", ["created_at"], unique=False)
    op.create_index("uq_idempotent_answers_key", "idempotent_answers", ["caller", "key"], unique=True)
