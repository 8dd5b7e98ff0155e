"""The states of a partner: which follows which, what must have been proved before, who may still do what."""

from collections.abc import Iterable, Mapping

from partners.choices import PaperKind, PartnerStatus, ReviewStatus

# A partner is never deleted. One that is reopened acts only once somebody has looked at it.
TRANSITIONS: Mapping[str, tuple[PartnerStatus, ...]] = {
    PartnerStatus.PENDING_REVIEW: (PartnerStatus.APPROVED, PartnerStatus.REJECTED, PartnerStatus.CLOSED),
    PartnerStatus.APPROVED: (
        *(PartnerStatus.DOCUMENTS_SIGNED, PartnerStatus.PENDING_REVIEW),
        *(PartnerStatus.REJECTED, PartnerStatus.CLOSED),
    ),
    PartnerStatus.DOCUMENTS_SIGNED: (
        *(PartnerStatus.ACTIVE, PartnerStatus.APPROVED),
        *(PartnerStatus.REJECTED, PartnerStatus.CLOSED),
    ),
    PartnerStatus.ACTIVE: (PartnerStatus.SUSPENDED, PartnerStatus.CLOSED),
    PartnerStatus.SUSPENDED: (PartnerStatus.ACTIVE, PartnerStatus.CLOSED),
    PartnerStatus.REJECTED: (PartnerStatus.PENDING_REVIEW, PartnerStatus.CLOSED),
    PartnerStatus.CLOSED: (PartnerStatus.SUSPENDED, PartnerStatus.PENDING_REVIEW),
}
# How a partner may begin (decision 16).
INITIAL = (PartnerStatus.ACTIVE, PartnerStatus.PENDING_REVIEW)
# Which verified papers a step of the application needs. Whom an administrator made active needs none to be so again.
NEEDED: Mapping[tuple[str, str], tuple[PaperKind, ...]] = {
    (PartnerStatus.PENDING_REVIEW, PartnerStatus.APPROVED): (PaperKind.BUSINESS_REGISTRATION,),
    (PartnerStatus.APPROVED, PartnerStatus.DOCUMENTS_SIGNED): (PaperKind.BUSINESS_REGISTRATION, PaperKind.AGREEMENT),
    (PartnerStatus.DOCUMENTS_SIGNED, PartnerStatus.ACTIVE): (PaperKind.BUSINESS_REGISTRATION, PaperKind.AGREEMENT),
}
REQUIRED = (PaperKind.BUSINESS_REGISTRATION, PaperKind.AGREEMENT)
# Who looks after an application hands in papers and talks to the platform about it.
APPLICANT = frozenset({"session", "verification.view", "verification.edit", "messages.view", "messages.send"})
# Who may not see the application is not let in at all, whatever else their role would leave them.
APPLICATION = "verification.view"
# What staff may do while their partner is not active. Who was rejected reads why, and hands in nothing more.
NOT_ACTIVE: Mapping[str, frozenset[str]] = {
    PartnerStatus.PENDING_REVIEW: APPLICANT,
    PartnerStatus.APPROVED: APPLICANT,
    PartnerStatus.DOCUMENTS_SIGNED: APPLICANT,
    PartnerStatus.REJECTED: APPLICANT - {"verification.edit", "messages.send"},
}


def may_trade(status: str) -> bool:
    """Whether tills, API keys, staff and customers' apps of such a partner are served: the one rule for all of them."""
    return status == PartnerStatus.ACTIVE


def left_in(status: str, capabilities: frozenset[str]) -> frozenset[str]:
    """Those of a role's capabilities that a partner's state leaves; none: log-in and tokens are refused."""
    if may_trade(status):
        return capabilities
    left = capabilities & NOT_ACTIVE.get(status, frozenset())
    return left if APPLICATION in left else frozenset()


def next_states(status: str) -> tuple[PartnerStatus, ...]:
    """Where a partner can go from here."""
    return TRANSITIONS.get(status, ())


def missing_papers(before: str, after: str, verified: Iterable[str]) -> tuple[PaperKind, ...]:
    """The papers without which this step is refused."""
    return tuple(kind for kind in NEEDED.get((before, after), ()) if kind not in set(verified))


def verification_of(states: Mapping[str, str]) -> ReviewStatus:
    """What the papers say of who the business is; `states` has the state of the newest paper of each kind."""
    return ReviewStatus(states.get(PaperKind.BUSINESS_REGISTRATION, ReviewStatus.NOT_STARTED))


def compliance_of(states: Mapping[str, str]) -> ReviewStatus:
    """What all required papers say together."""
    found = {states.get(kind, ReviewStatus.NOT_STARTED) for kind in REQUIRED}
    if len(found) == 1:
        return ReviewStatus(found.pop())
    return ReviewStatus.FAILED if ReviewStatus.FAILED in found else ReviewStatus.PENDING
