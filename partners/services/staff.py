"""Putting people on a partner's staff."""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from loyalty import events
from loyalty.errors import ResourceAlreadyExists, ValidationFailed
from loyalty.models import User
from loyalty.selectors.accounts import find_user
from loyalty.services import audit
from loyalty.services.audit import Actor
from loyalty.services.records import create_record, set_links
from partners.events import StaffInvited
from partners.models import Partner, Shop, StaffMember


@transaction.atomic
def invite_staff(
    *,
    actor: Actor,
    partner: Partner,
    role: str,
    email: str,
    at: datetime,
    name: str = "",
    language: str = "",
    within: str = "",
    shops: Sequence[Shop] = (),
) -> StaffMember:
    """Give somebody a job at a partner. Who has no account yet gets one without a password, and a mail to choose it.

    `shops` are those that a manager or cashier is limited to; none means everywhere.
    Raises ResourceAlreadyExists where they have the job, ValidationFailed where their account is switched off.
    """
    user = find_user(email)
    if user is None:
        spoken = language or partner.default_language
        user = _new_user(actor=actor, partner=partner, email=email, name=name, language=spoken, at=at)
    elif not user.is_active:
        raise ValidationFailed(errors={f"{within}email": [_("This person's account is switched off.")]})
    staff = StaffMember(partner=partner, user=user, role=role)
    try:
        with transaction.atomic():
            create_record(actor=actor, record=staff, at=at)
    except IntegrityError as error:
        raise ResourceAlreadyExists(
            what="staff", errors={f"{within}email": [_("This person works for the partner already.")]}
        ) from error
    if shops:
        set_links(actor=actor, record=staff, field="shops", targets=shops, at=at)
    _invite(staff, at)
    return staff


@transaction.atomic
def invite_again(*, actor: Actor, staff: StaffMember, reason: str, at: datetime) -> StaffMember:
    """Send the invitation once more, to where the person is reached now.

    Raises ValidationFailed for somebody who does not work there any more or whose account is switched off.
    """
    invited = StaffMember.objects.select_for_update(no_key=True, of=("self",)).select_related("user").get(pk=staff.pk)
    if not invited.is_active:
        raise ValidationFailed(errors={"staff": [_("This person does not work for the partner any more.")]})
    if not invited.user.is_active:
        raise ValidationFailed(errors={"email": [_("This person's account is switched off.")]})
    audit.record(
        actor=actor,
        action="staffmember.invited_again",
        target=invited,
        partner_id=invited.partner_id,
        reason=reason,
        at=at,
    )
    _invite(invited, at)
    return invited


def _invite(staff: StaffMember, at: datetime) -> None:
    has_password = staff.user.has_usable_password()
    events.publish(StaffInvited(partner_id=staff.partner_id, staff_id=staff.pk, is_new=not has_password, at=at))


def _new_user(*, actor: Actor, partner: Partner, email: str, name: str, language: str, at: datetime) -> User:
    known = {code for code, _name in settings.LANGUAGES}
    user = User(email=email.strip().lower(), name=name, language=language if language in known else "en")
    user.set_unusable_password()
    try:
        with transaction.atomic():
            return create_record(
                actor=actor,
                record=user,
                at=at,
                partner_of=lambda _user: partner.pk,
                personal=("email", "name", "password"),
            )
    except IntegrityError:
        # Somebody else has just invited the same person.
        found = find_user(email)
        if found is None:
            raise
        return found
