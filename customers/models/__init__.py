from customers.models.customer import Customer
from customers.models.one_time_code import OneTimeCode
from customers.models.person import Person

__all__ = ["Customer", "OneTimeCode", "Person"]
