"""Refusals that speak of what we send."""

from django.utils.translation import gettext_lazy as _

from loyalty.errors import (
    AuthenticationError,
    ConflictError,
    InvalidError,
    LoyaltyError,
    NotFoundError,
    QuotaError,
    UnavailableError,
)


class SmsSendFailed(UnavailableError):
    code = "SMS_SEND_FAILED"
    number = 1607
    template = _("The SMS cannot be sent at the moment. Try again later.")


class SmsDailyLimitReached(SmsSendFailed):
    """What the platform pays for itself has an end each day: one-time codes to strangers cost money (promise D5)."""

    code = "SMS_DAILY_LIMIT_REACHED"
    number = 1607
    template = _("No more SMS can be sent today. Try again in {retry_after} s.")


# --- The SMS API and its numbers (contract 11)


class SmsCredentialsInvalid(AuthenticationError):
    code = "SMS_CREDENTIALS_INVALID"
    number = 1001
    template = _("The API key or its secret is wrong, or may not be used here.")


class SmsBalanceTooLow(LoyaltyError):
    code = "SMS_BALANCE_TOO_LOW"
    status = 402
    number = 1002
    template = _("The balance is too low: this message costs {cost} {currency}.")


class SmsAccountMissing(LoyaltyError):
    code = "SMS_ACCOUNT_MISSING"
    status = 402
    number = 1002
    template = _("You have no active SMS account. Ask the platform to open one.")


class SmsRateExceeded(QuotaError):
    code = "SMS_RATE_EXCEEDED"
    number = 1003
    template = _("Too many messages. Try again in {retry_after} s.")


class SmsSenderInvalid(InvalidError):
    code = "SMS_SENDER_INVALID"
    number = 2001
    template = _("This sender is not approved: use one of your account's, at most 11 letters, digits and spaces.")


class SmsNumberInvalid(InvalidError):
    code = "SMS_NUMBER_INVALID"
    number = 2002
    template = _("This is no phone number in international format, for example +37060000001.")


# --- Accounts


class SmsAccountBusy(ConflictError):
    code = "SMS_ACCOUNT_BUSY"
    template = _("Messages of this account are still waiting to be sent: {count}.")


class SmsAccountNotReady(ConflictError):
    code = "SMS_ACCOUNT_NOT_READY"
    template = _("The account cannot be activated yet. Missing: {missing}.")


class EmailConsentMissing(ConflictError):
    """Marketing goes only to those who said yes, and did not say no since."""

    code = "EMAIL_CONSENT_MISSING"
    template = _("The owner of this address has not agreed to get marketing by e-mail.")


class EmailNotFailed(ConflictError):
    """Only what failed and still has its words can be sent again."""

    code = "EMAIL_NOT_FAILED"
    template = _("Only an e-mail that failed and whose words are still known can be sent again.")


class MessageTemplateNotFound(NotFoundError):
    code = "MESSAGE_TEMPLATE_NOT_FOUND"
    template = _("There is no message template '{template}'.")


class ConversationMoved(ConflictError):
    """Nobody answers what they have not read, and a form that is sent twice answers once."""

    code = "CONVERSATION_MOVED"
    template = _("There are newer messages in this conversation. Look again.")


class TooManyWebhooks(ConflictError):
    code = "WEBHOOK_LIMIT_REACHED"
    template = _("There are {most} webhook endpoints already. Delete one first.")


class WebhookHeld(ConflictError):
    code = "WEBHOOK_HELD"
    template = _("The platform paused this endpoint. Only the platform can switch it on or off.")


class WebhookNotActive(ConflictError):
    code = "WEBHOOK_NOT_ACTIVE"
    template = _("Nothing is sent to this endpoint at the moment. Switch it on first.")
