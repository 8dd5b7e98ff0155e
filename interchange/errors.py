"""Refusals that speak of files."""

from django.utils.translation import gettext_lazy as _

from loyalty.errors import ConflictError, InvalidError, LoyaltyError


class ImportRefused(InvalidError):
    """The file as a whole cannot be taken; nothing of it was."""

    code = "IMPORT_REFUSED"
    template = _("The file cannot be imported: {reason}")


class XmlImportFailed(LoyaltyError):
    """The feed cannot be had, or there is nothing in it."""

    code = "XML_IMPORT_FAILED"
    number = 1700
    template = _("The feed cannot be imported: {reason}")


class XmlNotValid(LoyaltyError):
    """The feed is no XML that we read."""

    code = "XML_VALIDATION_ERROR"
    number = 1701
    template = _("The feed cannot be read (line {line}): {reason}")


class XmlFileTooLarge(InvalidError):
    code = "XML_FILE_TOO_LARGE"
    number = 1706
    template = _("The file is too large: {most} MB at most.")


class ImportRunning(ConflictError):
    code = "IMPORT_RUNNING"
    template = _("Another import is running. Wait until it is done.")
