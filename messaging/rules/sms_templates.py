"""What may stand in an SMS text of one's own."""

import re
from collections.abc import Mapping

from django.utils.translation import gettext as _

# The variables of each text; the first is what the text is sent for.
VARIABLES = {
    "otp_login": ("code", "name"),
    "otp_register": ("code", "name"),
    "otp_verify": ("code", "name"),
    "app_link": ("link", "partner", "name"),
}
_VARIABLE = re.compile(r"\{([a-z_]+)\}")


def sms_template_faults(code: str, text: str) -> list[str]:
    """What is wrong with a text; nothing: it can be sent."""
    known = VARIABLES.get(code, ())
    named = _VARIABLE.findall(text)
    faults = []
    if unknown := [name for name in named if name not in known]:
        told = _("Unknown variable: {names}. There are: {known}.")
        faults.append(told.format(names=", ".join(unknown), known=", ".join(sorted(known))))
    if "{" in _VARIABLE.sub("", text) or "}" in _VARIABLE.sub("", text):
        faults.append(_("Braces only stand around the name of a variable."))
    if known and known[0] not in named:
        faults.append(_("The text must hold {variable}.").format(variable=f"{{{known[0]}}}"))
    return faults


def write_sms(text: str, values: Mapping[str, str]) -> str:
    """The text with its variables filled in; what is not known stays away."""
    return _VARIABLE.sub(lambda found: values.get(found[1], ""), text)
