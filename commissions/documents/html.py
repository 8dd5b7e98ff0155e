"""A statement as a web page that needs nothing else."""

from django.template.loader import render_to_string

from commissions.documents.content import content_of
from commissions.models import Statement


def write_html(statement: Statement) -> bytes:
    """The whole page; what people wrote is escaped by the template."""
    return render_to_string("commissions/statement.html", {"content": content_of(statement)}).encode()
