from customers.models.customer import Customer
from customers.models.person import Person

__all__ = ["Customer", "Person"]
