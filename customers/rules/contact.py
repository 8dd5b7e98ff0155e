"""One spelling for each e-mail address and phone number, so that the same person is found again."""

import phonenumbers


def normalized_email(text: str) -> str:
    """Lower case, without spaces around it."""
    return text.strip().lower()


def normalized_phone(text: str, country: str) -> str | None:
    """E.164 of a number as people write it; numbers without a country code are of `country`. None: no phone number."""
    try:
        number = phonenumbers.parse(text, country.upper())
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number) or number.extension:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
