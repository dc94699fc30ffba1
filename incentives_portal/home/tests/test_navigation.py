"""The main menu: who sees which entries, in which order, and which of them is marked."""

import pytest

from incentives_portal.home.navigation import NavItem, links
from incentives_portal.screens.components import Link

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("person", "labels"),
    [
        ("jana", ["Home", "Plans", "Co-op management"]),
        ("mira", ["Home", "Plans", "Review queue", "Claims"]),
        ("elif_", ["Home", "Plans", "Review queue", "Claims", "Administration", "Changes", "System"]),
    ],
)
def test_menu_has_what_opens_something_for_the_person(world, person, labels):
    assert [str(link.label) for link in links(getattr(world, person), "/")] == labels


@pytest.mark.parametrize(
    ("path", "label"),
    [("/", "Home"), ("/plans/new/", "Plans"), ("/claims/", "Claims"), ("/admin/plans/plan/", "Administration")],
)
def test_the_entry_to_which_a_page_belongs_is_marked(world, path, label):
    assert [str(link.label) for link in links(world.elif_, path) if link.current] == [label]


def test_prefix_marks_more_pages_than_those_below_the_entry():
    menu = [
        NavItem("First", "home", lambda user: True),
        NavItem("Second", "accounts:no_role", lambda user: True, prefix="/profile/"),
        NavItem("Hidden", "help", lambda user: False),
    ]

    assert links(object(), "/profile/language/", menu) == [
        Link("First", "/", current=False),
        Link("Second", "/profile/role/", current=True),
    ]
