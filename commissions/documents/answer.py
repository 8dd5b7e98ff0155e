"""A statement as a file that a browser keeps and never runs."""

from django.http import HttpResponse, StreamingHttpResponse

from commissions.documents.csv import write_csv
from commissions.documents.html import write_html
from commissions.documents.pdf import write_pdf
from commissions.models import Statement

FORMATS = {"pdf": "application/pdf", "csv": "text/csv; charset=utf-8", "html": "text/html; charset=utf-8"}


def answer_file(*, statement: Statement, kind: str) -> HttpResponse | StreamingHttpResponse:
    """The file of one of FORMATS."""
    answer: HttpResponse | StreamingHttpResponse
    if kind == "csv":
        answer = StreamingHttpResponse(write_csv(statement), content_type=FORMATS[kind])
    else:
        written = write_pdf(statement) if kind == "pdf" else write_html(statement)
        answer = HttpResponse(written, content_type=FORMATS[kind])
    name = f"{statement.shown_number or 'draft'}-{statement.month}.{kind}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["X-Content-Type-Options"] = "nosniff"
    # Were it ever shown in place: the page has its own style and nothing else.
    answer.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return answer
