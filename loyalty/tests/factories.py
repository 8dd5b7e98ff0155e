"""Accounts for tests."""

from typing import Any

import factory
from factory.django import DjangoModelFactory

from loyalty.models import User

PASSWORD = "correct horse battery"


class UserFactory(DjangoModelFactory[User]):
    """Somebody who can log in with `PASSWORD`."""

    class Meta:
        model = User

    email = factory.Sequence(lambda n: f"user{n}@example.test")
    name = factory.Sequence(lambda n: f"User {n}")

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, password: str = PASSWORD, **kwargs: Any) -> User:
        return User.objects.create_user(password=password, **kwargs)


class AdminFactory(UserFactory):
    """Platform staff who may do everything in the back office."""

    email = factory.Sequence(lambda n: f"admin{n}@example.test")
    is_staff = True
    is_superuser = True
