"""Accounts for tests."""

from typing import TYPE_CHECKING, Any, Generic, TypeVar

import factory
from django.db.models import Model
from factory.django import DjangoModelFactory

from loyalty.models import User

M = TypeVar("M", bound=Model)
PASSWORD = "correct horse battery"


class ModelFactory(DjangoModelFactory[M], Generic[M]):
    """Calling a factory gives a saved row; type checkers do not know that of factory_boy's metaclass."""

    if TYPE_CHECKING:

        def __new__(cls, *args: Any, **kwargs: Any) -> Any: ...


class UserFactory(ModelFactory[User]):
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
