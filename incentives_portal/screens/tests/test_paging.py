"""Long lists are counted so far and no further."""

import pytest
from django.template import RequestContext, Template
from django.test import RequestFactory

from incentives_portal.accounts.models import Organisation, OrganisationKind
from incentives_portal.screens.paging import BoundedPaginator

pytestmark = pytest.mark.django_db


class FourAtMost(BoundedPaginator):
    MOST = 4


def companies(number):
    Organisation.objects.bulk_create(
        Organisation(name=f"Company {each}", kind=OrganisationKind.PARTNER) for each in range(number)
    )
    return Organisation.objects.order_by("name")


def shown(page):
    request = RequestFactory().get("/")
    return Template("{% load screens %}{% pager page %}").render(
        RequestContext(request, {"page": page, "request": request})
    )


def test_rows_are_counted_up_to_the_most_in_one_query(django_assert_num_queries):
    paginator = FourAtMost(companies(6), 2)

    with django_assert_num_queries(1) as asked:
        assert (paginator.count, paginator.is_cut, paginator.num_pages) == (4, True, 2)

    assert "LIMIT 5" in asked[0]["sql"]


def test_as_many_as_the_most_are_all():
    paginator = FourAtMost(companies(4), 2)

    assert (paginator.count, paginator.is_cut) == (4, False)


def test_what_was_counted_elsewhere_is_not_counted_again(django_assert_num_queries):
    paginator = FourAtMost(companies(6), 2, count=6)

    with django_assert_num_queries(0):
        assert (paginator.count, paginator.is_cut, paginator.num_pages) == (6, False, 3)


def test_pager_says_that_there_is_more_and_on_the_last_page_how_to_see_it():
    paginator = FourAtMost(companies(6), 2)
    hint = "To see more, narrow the list with a search or filters."

    assert "1–2 of more than 4" in shown(paginator.page(1))
    assert hint not in shown(paginator.page(1))
    assert hint in shown(paginator.page(2))
