from django.urls import path

from messaging.pages import unsubscribe_page

urlpatterns = [path("unsubscribe/<str:token>", unsubscribe_page)]
