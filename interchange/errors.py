"""Refusals that speak of files."""

from django.utils.translation import gettext_lazy as _

from loyalty.errors import InvalidError


class ImportRefused(InvalidError):
    """The file as a whole cannot be taken; nothing of it was."""

    code = "IMPORT_REFUSED"
    template = _("The file cannot be imported: {reason}")
