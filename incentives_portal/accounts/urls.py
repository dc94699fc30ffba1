from django.urls import path

from . import views

app_name = "accounts"
urlpatterns = [
    path("", views.profile, name="profile"),
    path("email/", views.own_address, name="address"),
    path("email/confirm/<str:token>/", views.confirm_address, name="confirm_address"),
    path("language/", views.set_language, name="language"),
    path("resume/", views.resume, name="resume"),
    path("role/", views.no_role, name="no_role"),
]
