"""Reading a partner's application."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.files.base import File
from django.db.models import QuerySet

from loyalty.api.pagination import Page
from loyalty.errors import ResourceNotFound
from loyalty.files.storage import private_storage
from partners.choices import ReviewStatus
from partners.models import Partner, Verification
from partners.rules.lifecycle import REQUIRED


@dataclass(frozen=True, slots=True)
class Requirement:
    """A paper that every application needs, and how far it is."""

    kind: str
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class Application:
    """A partner with what it has handed in, the newest first."""

    partner: Partner
    required: list[Requirement]
    documents: list[Verification]


def get_application(partner: Partner) -> Application:
    """The application as it is now."""
    papers = list(papers_of(partner))
    newest = {paper.kind: paper for paper in reversed(papers)}
    required = [
        Requirement(kind, newest[kind].state, newest[kind].reason)
        if kind in newest
        else Requirement(kind, ReviewStatus.NOT_STARTED, "")
        for kind in map(str, REQUIRED)
    ]
    return Application(Partner.objects.get(pk=partner.pk), required, papers)


def papers_of(partner: Partner) -> QuerySet[Verification]:
    """What a partner has handed in, the newest first."""
    return Verification.objects.filter(partner=partner).order_by("-pk")


def list_stored_across_partners(names: Sequence[str]) -> set[str]:
    """Those of some stored files' names that a paper has."""
    return set(Verification.objects.filter(stored_name__in=names).values_list("stored_name", flat=True))


def list_papers(*, partner: Partner, page: Page) -> tuple[list[Verification], int]:
    """One page of them, and how many there are."""
    papers = papers_of(partner)
    return list(papers[page.offset : page.offset + page.size]), papers.count()


def open_paper(*, partner: Partner, paper_id: int) -> tuple[Verification, File]:
    """A paper with its file, open for reading. Raises ResourceNotFound."""
    paper = papers_of(partner).filter(pk=paper_id).first()
    if paper is None or not private_storage().exists(paper.stored_name):
        raise ResourceNotFound
    return paper, private_storage().open(paper.stored_name)
