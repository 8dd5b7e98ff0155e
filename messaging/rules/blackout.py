"""Blacking addresses out of texts that people wrote: only exactly these addresses, however they are written."""

import re
from collections.abc import Collection
from html import escape

import phonenumbers

BLACK = "\N{FULL BLOCK}" * 5


def black_out(text: str, addresses: Collection[str], country: str) -> str:
    """The text without these e-mail addresses and phone numbers (E.164), as anybody in `country` would write them.

    An address that only contains one of these, or is contained, is somebody else's and stays.
    """
    for address in addresses:
        if "@" in address:
            text = _without_email(text, address)
    phones = {address for address in addresses if address.startswith("+")}
    return _without_phones(text, phones, country) if phones else text


def digits_of(address: str) -> str:
    """The digits of a phone number that stand in a row however it is written, country and trunk codes aside."""
    try:
        return phonenumbers.national_significant_number(phonenumbers.parse(address))
    except phonenumbers.NumberParseException:
        return address.lstrip("+")


def _without_email(text: str, address: str) -> str:
    # As it stands in a text, and in a page.
    written = "|".join(re.escape(one) for one in {address, escape(address)})
    return re.sub(rf"(?<![\w.+%-])(?:{written})(?![\w-]|\.\w)", BLACK, text, flags=re.IGNORECASE)


def _without_phones(text: str, phones: Collection[str], country: str) -> str:
    spans = [
        (found.start, found.end)
        for found in phonenumbers.PhoneNumberMatcher(text, country, phonenumbers.Leniency.POSSIBLE)
        if phonenumbers.format_number(found.number, phonenumbers.PhoneNumberFormat.E164) in phones
    ]
    for start, end in reversed(spans):
        text = text[:start] + BLACK + text[end:]
    # What stands glued to letters is no number to the matcher.
    for phone in phones:
        text = re.sub(rf"(?<!\d)(?:\+|00)?{re.escape(phone[1:])}(?!\d)", BLACK, text)
    return text
