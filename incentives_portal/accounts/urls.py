from django.urls import path

from . import views

app_name = "accounts"
urlpatterns = [
    path("", views.profile, name="profile"),
    path("language/", views.set_language, name="language"),
    path("resume/", views.resume, name="resume"),
    path("role/", views.no_role, name="no_role"),
]
