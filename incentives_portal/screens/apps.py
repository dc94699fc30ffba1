from django.apps import AppConfig


class ScreensConfig(AppConfig):
    name = "incentives_portal.screens"
    label = "screens"
