"""What may stand in an SMS text of one's own."""

from django.utils.translation import gettext as _

from messaging.rules.placeholders import names_in, text_faults

# Of the text before its variables are filled in: room for four joined parts.
LONGEST = 600
# What the platform itself sends, with the variables of each; the first is what the text is sent for.
VARIABLES = {
    "otp_login": ("code", "name"),
    "otp_register": ("code", "name"),
    "otp_verify": ("code", "name"),
    "app_link": ("link", "partner", "name"),
}
MOST_VARIABLES = 20


def sms_template_faults(code: str, text: str) -> list[str]:
    """What is wrong with a text; nothing: it can be sent. One under a code of its own may name what it likes."""
    known = VARIABLES.get(code)
    faults = text_faults(text, known)
    if known and known[0] not in variables_of(text):
        faults.append(_("The text must hold {variable}.").format(variable=f"{{{{ {known[0]} }}}}"))
    if len(variables_of(text)) > MOST_VARIABLES:
        faults.append(_("At most {most} variables.").format(most=MOST_VARIABLES))
    return faults


def variables_of(text: str) -> list[str]:
    """The variables that a text names, each once, in its order."""
    return list(dict.fromkeys(names_in(text)))
