"""The ledger's tables, SQLAlchemy Core. No mapping of the law: rows are values; migrations/ builds what this describes."""

from __future__ import annotations

import sqlalchemy as sa

METADATA = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    },
)

_DIGEST = sa.String(64)  # SHA-256, lower-case hex
_ID = sa.String(64)  # the wire's longest id

CASES = sa.Table(
    "cases",
    METADATA,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("case_no", sa.String(100), nullable=False),
    sa.Column("cause", sa.String(200), nullable=False),
    sa.Column("court", sa.String(200), nullable=False),
    sa.Column("procedure", sa.String(64), nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),  # Unix milliseconds, as every *_at and *_ms here
    sa.UniqueConstraint("court", "case_no"),
)

HEARINGS = sa.Table(
    "hearings",
    METADATA,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("case_id", _ID, sa.ForeignKey("cases.id"), nullable=False, index=True),
    sa.Column("public", sa.Boolean, nullable=False),
    sa.Column("procedure", sa.String(64), nullable=False),
    sa.Column("scheduled_at", sa.BigInteger, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
)

SEATS = sa.Table(
    "seats",
    METADATA,
    sa.Column("hearing_id", _ID, sa.ForeignKey("hearings.id"), primary_key=True),
    sa.Column("seat", _ID, primary_key=True),
    sa.Column("position", sa.Integer, nullable=False),  # order on the screen, from 0
    sa.Column("role", sa.String(64), nullable=False),
    sa.Column("side", sa.String(64), nullable=False),
    sa.Column("person_id", _ID, nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("represents", _ID, nullable=True),  # an agent's party, a seat of the same hearing
    sa.Column(
        "authority", sa.String(16), nullable=False, server_default=""
    ),  # an agent's, as in its power of attorney
)

LINKS = sa.Table(
    "links",
    METADATA,
    sa.Column("token_sha256", _DIGEST, primary_key=True),  # the token itself is never stored
    sa.Column("hearing_id", _ID, nullable=False),
    sa.Column("seat", _ID, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("revoked_at", sa.BigInteger, nullable=True),
    sa.ForeignKeyConstraint(["hearing_id", "seat"], ["seats.hearing_id", "seats.seat"]),
)

SESSIONS = sa.Table(
    "sessions",
    METADATA,
    sa.Column("session_sha256", _DIGEST, primary_key=True),  # the bearer itself is never stored
    sa.Column("hearing_id", _ID, nullable=False),
    sa.Column("seat", _ID, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("expires_at", sa.BigInteger, nullable=False),
    sa.ForeignKeyConstraint(["hearing_id", "seat"], ["seats.hearing_id", "seats.seat"]),
)

OFFICERS = sa.Table(
    "officers",
    METADATA,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("token_sha256", _DIGEST, nullable=False, unique=True),  # the token itself is never stored
    sa.Column("court", sa.String(200), nullable=False, index=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("expires_at", sa.BigInteger, nullable=False),
)

OFFICER_SESSIONS = sa.Table(
    "officer_sessions",
    METADATA,
    sa.Column("session_sha256", _DIGEST, primary_key=True),  # the bearer itself is never stored
    sa.Column("officer_id", _ID, sa.ForeignKey("officers.id"), nullable=False, index=True),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("expires_at", sa.BigInteger, nullable=False),
)

# Append-only: triggers in the migration refuse UPDATE, DELETE and REPLACE, whoever asks.
EVENTS = sa.Table(
    "events",
    METADATA,
    sa.Column("stream", sa.String(128), primary_key=True),
    sa.Column("seq", sa.BigInteger, primary_key=True),  # from 1; UNIQUE(stream, seq) fences a second writer
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("actor_seat", _ID, nullable=True),
    sa.Column("actor_connection", _ID, nullable=True),
    sa.Column("kind", sa.String(64), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("body", sa.Text, nullable=False),  # canonical JSON
    sa.Column("prev_hash", _DIGEST, nullable=False),
    sa.Column("hash", _DIGEST, nullable=False),
)

ARTEFACTS = sa.Table(
    "artefacts",
    METADATA,
    sa.Column("hearing_id", _ID, sa.ForeignKey("hearings.id"), primary_key=True),
    sa.Column("kind", sa.String(16), primary_key=True),
    sa.Column("label", sa.String(200), primary_key=True),
    sa.Column("path", sa.String(400), nullable=False),  # relative to the storage root
    sa.Column("detail", sa.Text, nullable=False),  # canonical JSON
    sa.Column("sha256", _DIGEST, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.CheckConstraint("kind IN ('copy', 'transcript')", name="kind"),
)

MATERIALS = sa.Table(
    "materials",
    METADATA,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("hearing_id", _ID, nullable=False, index=True),
    sa.Column("seat", _ID, nullable=False),  # who handed it in
    sa.Column("title", sa.String(200), nullable=False),
    sa.Column("form", sa.String(16), nullable=False),  # suffix of server.exhibits.forms
    sa.Column("pages", sa.Integer, nullable=False),
    sa.Column("duration_ms", sa.BigInteger, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("sha256", _DIGEST, nullable=False),  # of the original
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.ForeignKeyConstraint(["hearing_id", "seat"], ["seats.hearing_id", "seats.seat"]),
)

JOBS = sa.Table(
    "jobs",
    METADATA,
    sa.Column("id", _ID, primary_key=True),
    sa.Column("hearing_id", _ID, sa.ForeignKey("hearings.id"), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("progress", sa.Float, nullable=False),  # 0 to 1
    sa.Column("reason", sa.String(200), nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("updated_at", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("hearing_id", "kind"),
    sa.CheckConstraint("kind IN ('finish')", name="kind"),
    sa.CheckConstraint("state IN ('pending', 'running', 'done', 'failed')", name="state"),
)

UTTERANCES = sa.Table(
    "utterances",
    METADATA,
    sa.Column("hearing_id", _ID, sa.ForeignKey("hearings.id"), primary_key=True),
    sa.Column("id", _ID, primary_key=True),
    sa.Column("seat", _ID, nullable=False),
    sa.Column("t0_ms", sa.BigInteger, nullable=False),
    sa.Column("t1_ms", sa.BigInteger, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("confidence", sa.Float, nullable=True),
    sa.Column("words", sa.Text, nullable=False),  # canonical JSON list
)

# What the archive knows of each file of a sealed package: the remote copy is believed once it was read back whole.
ARCHIVE_FILES = sa.Table(
    "archive_files",
    METADATA,
    sa.Column("hearing_id", _ID, sa.ForeignKey("hearings.id"), primary_key=True),
    sa.Column("name", sa.String(400), primary_key=True),  # within the package
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("sha256", _DIGEST, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column(
        "version", sa.String(200), nullable=False
    ),  # of the remote object; "" where the bucket has none
    sa.Column("locked_until", sa.BigInteger, nullable=True),
    sa.Column("held", sa.Boolean, nullable=False),  # legal hold, as last set at the remote object
    sa.Column("tries", sa.Integer, nullable=False),  # that failed, since the last one that did not
    sa.Column("reason", sa.String(64), nullable=False),
    sa.Column("next_at", sa.BigInteger, nullable=False),
    sa.Column("failing_since", sa.BigInteger, nullable=True),
    sa.Column("updated_at", sa.BigInteger, nullable=False),
    sa.CheckConstraint("state IN ('pending', 'stored', 'verified')", name="state"),
)
