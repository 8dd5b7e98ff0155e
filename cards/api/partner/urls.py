"""Card programmes of a partner."""

from django.urls import path

from cards.api.partner.views import CardViewSet

urlpatterns = [
    path("partners/cards", CardViewSet.as_view({"get": "list", "post": "create"})),
    path("partners/cards/<int:pk>", CardViewSet.as_view({"get": "retrieve", "put": "update", "delete": "destroy"})),
]
