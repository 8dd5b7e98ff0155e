"""What a till waits for: tried before everything else, because patterns are tried one by one."""

from django.urls import path

from ledger.api.shop.sales import create_transaction

urlpatterns = [
    path("shop/transactions/create", create_transaction),
    path("shop/transactions/award-points", create_transaction),
]
