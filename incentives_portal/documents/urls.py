from django.urls import path

from . import views

app_name = "documents"
urlpatterns = [
    path("", views.send_ahead, name="send_ahead"),
    path("state/", views.state, name="state"),
]
