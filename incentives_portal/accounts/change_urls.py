from django.urls import path

from . import change_pages

app_name = "changes"
urlpatterns = [
    path("", change_pages.changes, name="list"),
]
