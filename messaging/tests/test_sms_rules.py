"""Rules of SMS, proved over many inputs: consents, parts, numbers, senders, receipts."""

import random
from decimal import Decimal

from hypothesis import example, given, settings
from hypothesis import strategies as st

from messaging.choices import Purpose, SmsPurpose
from messaging.rules.consents import is_allowed
from messaging.rules.sms import count_parts, gsm_octets, is_gsm, is_sender
from messaging.rules.sms_prices import DEFAULT_PRICES, country_of, price_of, read_number, wrong_prices
from messaging.rules.sms_receipts import is_stop, read_smpp_receipt, shown_error

CASES = settings(max_examples=500, deadline=None)


def test_in_ten_thousand_histories_no_advertisement_goes_out_without_a_consent() -> None:
    """What is sent is decided twice, when it is queued and when it goes out, and only by the newest answer."""
    chance = random.Random(20261127)
    sent = stopped = 0
    for _ in range(10_000):
        answers: list[bool] = []
        queued: list[str] = []
        for _step in range(chance.randint(1, 12)):
            latest = answers[-1] if answers else None
            match chance.choice(("yes", "no", "advertise", "serve", "deliver")):
                case "yes":
                    answers.append(True)
                case "no":
                    answers.append(False)
                case "advertise" if is_allowed(SmsPurpose.MARKETING, latest):
                    queued.append(SmsPurpose.MARKETING)
                case "serve":
                    assert is_allowed(SmsPurpose.SERVICE, latest)
                    queued.append(SmsPurpose.SERVICE)
                case "deliver" if queued:
                    purpose = queued.pop(0)
                    if is_allowed(purpose, latest):
                        assert purpose != SmsPurpose.MARKETING or (answers and answers[-1] is True)
                        sent += purpose == SmsPurpose.MARKETING
                    else:
                        assert answers[-1] is False
                        stopped += 1
    assert sent > 500
    assert stopped > 100
    assert SmsPurpose.MARKETING.value == Purpose.MARKETING.value


@CASES
@given(st.text(max_size=1_700))
def test_any_text_has_parts_and_fits_into_them(text: str) -> None:
    parts = count_parts(text)
    if is_gsm(text):
        size = len(gsm_octets(text))
        assert (parts == 1) == (size <= 160)
        assert parts == 1 or size / 153 <= parts <= size / 152 + 1
    else:
        size = len(text.encode("utf-16-be", "surrogatepass")) // 2
        assert (parts == 1) == (size <= 70)
        assert parts == 1 or size / 67 <= parts <= size / 66 + 1


@CASES
@example("+200200000000")
@given(st.one_of(st.text(max_size=40), st.from_regex(r"\+?[0-9]{0,20}", fullmatch=True)))
def test_whatever_is_taken_for_a_number_is_one_and_stays_the_same(text: str) -> None:
    number = read_number(text)
    if number is not None:
        digits = text.removeprefix("+")
        # Some write the zero that is dialled at home behind the country's code; it is left out.
        shorter = {digits[:at] + digits[at + 1 :] for at, digit in enumerate(digits) if digit == "0"}
        assert number[1:] in {digits, *shorter}
        assert number[1:].isascii()
        assert number[1:].isdigit()
        assert read_number(number) == number
        assert price_of(DEFAULT_PRICES, country_of(number)) in {Decimal("0.0556"), Decimal("0.1295")}


@CASES
@given(st.text(max_size=30))
def test_whatever_is_taken_for_a_sender_can_be_sent(text: str) -> None:
    if is_sender(text):
        assert 0 < len(text) <= 11
        assert text.isascii()
        assert text.replace(" ", "").isalnum()
        assert gsm_octets(text) == text.encode()


@CASES
@given(st.text(max_size=200))
def test_no_receipt_and_no_word_of_a_provider_breaks_the_reading(text: str) -> None:
    external_id, state, error = read_smpp_receipt(text)
    assert max(len(external_id), len(state), len(error)) <= 65 * 3
    assert shown_error(text) in {"", text}
    assert "<" not in shown_error(text)
    assert is_stop(text) in {True, False}


def test_who_writes_stop_in_any_of_its_ways_is_understood() -> None:
    assert all(is_stop(text) for text in ("STOP", " stop ", "Stop.", "STOPAS", "atsisakau!", '"Stop"'))
    assert not any(is_stop(text) for text in ("", "Do not stop", "stop it", "ne"))


def test_a_price_list_has_a_price_for_everybody() -> None:
    assert wrong_prices(DEFAULT_PRICES) == []
    for wrong in (
        {},
        {"LT": "1"},
        [],
        None,
        {"other": 1},
        {"other": "-1"},
        {"other": "1e5"},
        {"other": "1", "lt": "1"},
    ):
        assert wrong_prices(wrong) != []
