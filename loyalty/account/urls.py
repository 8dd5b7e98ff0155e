from django.urls import path

from loyalty.account import views

urlpatterns = [
    path("forgot/", views.forgot, name="password-forgot"),
    path("reset/<str:uid>/<str:token>/", views.reset, name="password-reset"),
]
