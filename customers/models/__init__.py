from customers.models.customer import Customer
from customers.models.one_time_code import OneTimeCode
from customers.models.person import Person
from customers.models.qr_login import QrLoginSession

__all__ = ["Customer", "OneTimeCode", "Person", "QrLoginSession"]
