"""A bank file as a download."""

from django.http import HttpResponse

from commissions.models import PayoutRun


def bank_file_answer(run: PayoutRun) -> HttpResponse:
    """Exactly what was made, to be saved and never shown by a browser."""
    answer = HttpResponse(run.file.encode(), content_type="application/xml")
    answer["Content-Disposition"] = f'attachment; filename="{run.message_id}.xml"'
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "no-store"
    return answer
