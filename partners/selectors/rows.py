"""Model instances out of hand-written SQL, for the one query that precedes every call with a partner token.

Composing that query with the ORM takes several milliseconds, more than answering most calls.
"""

from collections.abc import Iterator
from typing import Any, TypeVar

from django.db import connection, models

M = TypeVar("M", bound=models.Model)


def columns_of(model: type[models.Model], alias: str) -> str:
    """All columns of a model, in the order that `read_instance` expects."""
    return ", ".join(f'{alias}."{field.column}"' for field in model._meta.concrete_fields)


def read_instance(model: type[M], values: Iterator[Any]) -> M:
    """The model made of the next columns of a row, as the ORM would have read it."""
    names, read = [], []
    for field, value in zip(model._meta.concrete_fields, values, strict=False):
        convert = getattr(field, "from_db_value", None)
        names.append(field.attname)
        read.append(convert(value, None, connection) if convert and value is not None else value)
    return model.from_db("default", names, read)
