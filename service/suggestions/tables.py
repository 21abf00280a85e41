"""Scorings, the suggestions they made, what named people decided; what a challenger says unseen; refits; the switch."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Identity, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from service.db.base import Base, choice


class Scoring(Base):
    """One run of one model at one moment: over everyone eligible, or, `live`, over what had just arrived."""

    __tablename__ = "scorings"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    target: Mapped[str] = choice("target", "need", "risk-work", "risk-unit")
    as_of: Mapped[datetime]
    live: Mapped[bool] = mapped_column(server_default="false")
    #: name and version of the model, or of the baseline that stood in for it
    model: Mapped[str]
    #: why a baseline stood in, if one did
    fallback: Mapped[str | None]
    fingerprint: Mapped[str]
    tie_seed: Mapped[int]
    #: how often what its model learned from failed, in [0, 1]; empty: by a rule, or from before bands were kept
    usual: Mapped[float | None]
    #: the latest known_at of the data it saw
    data_known_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())

    __table_args__ = (Index(None, "target", "id"),)


class Suggestion(Base):
    """What a scoring proposes for one subject, named by its codes. Where too little is known, it has no score."""

    __tablename__ = "suggestions"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    scoring_id: Mapped[int] = mapped_column(ForeignKey("scorings.id"), index=True)
    employee_code: Mapped[str | None] = mapped_column(index=True)
    process_code: Mapped[str | None]
    course_code: Mapped[str | None]
    department_code: Mapped[str | None]
    work_code: Mapped[str | None]
    batch_code: Mapped[str | None]
    inspection_code: Mapped[str | None] = mapped_column(index=True)
    score: Mapped[float | None]
    probability: Mapped[float | None]
    #: the band the chance may lie in; empty where too little was alike for one
    probability_low: Mapped[float | None]
    probability_high: Mapped[float | None]
    #: its place; of a live scoring, the place it takes among those of the last whole one
    rank: Mapped[int | None]
    #: its place by today's rule, which ranks whole lists only
    baseline_rank: Mapped[int | None]
    #: the chance this subject had of being picked for inspection, where a share is drawn at random
    propensity: Mapped[float | None]
    #: the rule that asks for retraining whatever the score
    rule_gap: Mapped[str | None] = choice("rule_gap", "not_trained", "superseded_version", "expired", "failed")
    #: sentences, most telling first: {"en": ..., "zh": ...}
    reasons: Mapped[list[Any]] = mapped_column(server_default="[]")


class Decision(Base):
    """What a named person decided about a suggestion, and why."""

    __tablename__ = "decisions"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    suggestion_id: Mapped[int] = mapped_column(ForeignKey("suggestions.id"))
    outcome: Mapped[str] = choice("outcome", "accepted", "edited", "dismissed")
    reason: Mapped[str | None]
    course_code: Mapped[str | None]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    decided_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())

    __table_args__ = (UniqueConstraint("suggestion_id"),)


class Shadow(Base):
    """A challenger's scoring of the cohort a scoring saw: kept for comparison, shown on no list."""

    __tablename__ = "shadows"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    scoring_id: Mapped[int] = mapped_column(ForeignKey("scorings.id"), unique=True)
    #: name and version of the challenger
    model: Mapped[str]
    #: why it could not score, if so
    problem: Mapped[str | None]


class ShadowScore(Base):
    """What the challenger said of one subject that the scoring gave a score."""

    __tablename__ = "shadow_scores"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    shadow_id: Mapped[int] = mapped_column(ForeignKey("shadows.id"), index=True)
    employee_code: Mapped[str | None]
    process_code: Mapped[str | None]
    department_code: Mapped[str | None]
    inspection_code: Mapped[str | None]
    score: Mapped[float]
    probability: Mapped[float]


class Refit(Base):
    """A fit that was asked for: by a rule of the monitor, by the calendar or by somebody; and what came of it."""

    __tablename__ = "refits"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    target: Mapped[str] = choice("target", "need", "risk-work", "risk-unit")
    #: why, in a sentence
    why: Mapped[str]
    opened_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = choice("outcome", "registered", "failed")
    #: what the fit said in the end
    message: Mapped[str | None]

    # one that waits or runs is enough
    __table_args__ = (Index("uq_refits_open", "target", unique=True, postgresql_where=text("outcome IS NULL")),)


class ModelSwitch(Base):
    """All models stopped, or started again: the latest row holds. Stopped, every list follows today's rule."""

    __tablename__ = "model_switches"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    stopped: Mapped[bool]
    reason: Mapped[str]
    #: who; empty: on the command line
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
