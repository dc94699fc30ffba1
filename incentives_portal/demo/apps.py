from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "incentives_portal.demo"
    label = "demo"
