from django.apps import AppConfig


class HomeConfig(AppConfig):
    name = "incentives_portal.home"
    label = "home"
