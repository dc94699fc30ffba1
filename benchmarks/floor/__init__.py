"""The floor: the minimum that a Django project does for a list, a detail page, a form and a decision."""
