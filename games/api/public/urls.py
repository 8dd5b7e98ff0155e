from django.urls import path

from games.api.public.plays import PlayVerificationViewSet

urlpatterns = [path("games/plays/<uuid:session_key>/verify", PlayVerificationViewSet.as_view({"get": "verify"}))]
