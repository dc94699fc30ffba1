from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    name = "incentives_portal.documents"

    def ready(self) -> None:
        from .cleanup import register_functions

        register_functions()
