"""The event journal, and the signs of life of the workers."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

ID = sa.CHAR(36).with_variant(sa.Uuid(as_uuid=False), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _create_webhook_events()
    _create_worker_reports()


def downgrade() -> None:
    op.drop_table("worker_reports")
    op.drop_table("webhook_events")


def _create_webhook_events() -> None:
    op.create_table(
        "webhook_events",
        sa.Column("line_id", ID, nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.Column("waits_for", sa.String(length=200), nullable=True),
        sa.Column("applied_at", MOMENT, nullable=True),
        sa.Column("id", ID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "outcome IN ('applied', 'ignored', 'waiting', 'unreadable')", name="ck_webhook_events_outcome"
        ),
        sa.ForeignKeyConstraint(
            ["line_id"],
            ["lines.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_webhook_events_created_at", "webhook_events", ["created_at"], unique=False)
    op.create_index("ix_webhook_events_outcome", "webhook_events", ["line_id", "outcome", "name"], unique=False)
    op.create_index("ix_webhook_events_waits_for", "webhook_events", ["line_id", "waits_for"], unique=False)
    op.create_index("uq_webhook_events_key", "webhook_events", ["line_id", "key"], unique=True)


def _create_worker_reports() -> None:
    op.create_table(
        "worker_reports",
        sa.Column("host", sa.String(length=200), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.Column("stopped_at", MOMENT, nullable=True),
        sa.Column("id", ID, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_worker_reports_seen_at", "worker_reports", ["seen_at"], unique=False)
