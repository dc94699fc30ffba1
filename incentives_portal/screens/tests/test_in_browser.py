"""The frame and the pages at the door in a real browser: accessibility, the policy, and the small comforts of portal.js."""

import pytest

from incentives_portal.tests.axe import violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def complaints(page):
    """What the console says: violations of the policy, missing files, errors of scripts."""
    heard = []
    page.on("console", lambda message: heard.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    return heard


@pytest.fixture
def sign_in(page, live_server, client):
    """Bring a person's session into the browser, without typing."""

    def go(person, path="/profile/"):
        client.force_login(person)
        name, morsel = next((name, morsel) for name, morsel in client.cookies.items() if "session" in name)
        page.context.add_cookies([{"name": name, "value": morsel.value, "url": live_server.url}])
        page.goto(f"{live_server.url}{path}")

    return go


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_at_the_door_pass_axe(page, live_server, complaints, theme):
    page.emulate_media(color_scheme=theme)

    for path in ("/accounts/login/", "/accounts/password/reset/", "/accounts/signup/"):
        page.goto(f"{live_server.url}{path}")

        assert page.locator("html").get_attribute("data-bs-theme") == theme
        assert violations(page) == []
    assert complaints == []


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 390)])
def test_frame_passes_axe_with_every_menu_open(world, page, sign_in, complaints, theme, width):
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(world.owen)

    for menu in page.locator("details.menu > summary:visible").all():
        menu.click()
        assert violations(page) == []

    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert complaints == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_admin_site_passes_axe(world, page, sign_in, complaints, theme):
    page.emulate_media(color_scheme=theme)

    person = f"/admin/accounts/user/{world.karin.pk}/change/"
    for path in ("/admin/", "/admin/accounts/user/", person, "/admin/accounts/organisation/add/"):
        sign_in(world.elif_, path)

        assert page.locator("html").get_attribute("data-bs-theme") == theme
        assert violations(page) == []
    assert complaints == []


def test_sign_in_by_keyboard_and_by_its_words(world, page, live_server):
    world.owen.set_password("a long and good one")
    world.owen.save()
    page.goto(f"{live_server.url}/accounts/login/?next=/profile/")

    page.get_by_label("Email").fill(world.owen.email)
    page.get_by_label("Password").fill("a long and good one")
    page.get_by_role("button", name="Sign in").press("Enter")
    page.wait_for_url("**/profile/")

    assert page.get_by_role("heading", level=1).inner_text() == "My profile"


def test_first_tab_skips_to_the_content(world, page, sign_in):
    sign_in(world.owen)

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    assert page.evaluate("document.activeElement.id") == "main"


def test_form_that_comes_back_puts_the_focus_on_what_is_wrong_and_leads_to_the_field(world, page, sign_in):
    sign_in(world.owen)
    page.get_by_label("Name").fill(" ")
    page.get_by_role("button", name="Save").click()
    page.wait_for_selector("#error-summary")

    assert page.evaluate("document.activeElement.id") == "error-summary"
    assert violations(page) == []
    page.locator("#error-summary a").click()
    assert page.evaluate("document.activeElement.id") == "id_name"


@pytest.mark.parametrize("kind", ["form-control", "form-select", "form-check-input"])
def test_field_with_an_error_has_the_border_of_errors(world, page, sign_in, kind):
    sign_in(world.owen)
    page.evaluate(
        """kind => {
            const field = document.createElement(kind === 'form-select' ? 'select' : 'input');
            field.id = 'wrong';
            field.className = `${kind} is-invalid`;
            document.querySelector('main form').append(field);
        }""",
        kind,
    )

    border = page.evaluate("getComputedStyle(document.getElementById('wrong')).border")

    assert border == "2px solid rgb(200, 55, 42)"


def test_theme_is_chosen_and_remembered_without_the_system_s_consent(world, page, sign_in):
    sign_in(world.owen)
    page.locator("details.menu > summary", has_text="your account").click()

    page.get_by_label("Dark").check()
    page.reload()

    assert page.locator("html").get_attribute("data-bs-theme") == "dark"
    assert page.evaluate("document.documentElement.outerHTML.includes('data-bs-theme=\"dark\"')")


def test_escape_closes_a_menu_and_gives_the_focus_back(world, page, sign_in):
    sign_in(world.owen)
    page.locator("details.menu > summary", has_text="Language").click()

    page.keyboard.press("Escape")

    assert page.locator("details.menu[open]").count() == 0
    assert "Language" in page.evaluate("document.activeElement.textContent")


def test_navigation_of_a_phone_is_behind_one_menu(world, page, sign_in):
    page.set_viewport_size(PHONE)
    sign_in(world.owen)
    assert page.get_by_role("link", name="Plans").count() == 0

    page.locator("details.menu > summary", has_text="Menu").click()
    page.get_by_role("navigation", name="Menu").get_by_role("link", name="Plans").click()

    page.wait_for_url("**/plans/")


def test_second_click_sends_nothing(world, page, sign_in):
    sign_in(world.owen)
    sent = []
    page.route("**/profile/", lambda route: sent.append(route.request.method))  # never answered: a slow server

    page.evaluate("const button = document.querySelector('main button'); button.click(); button.click()")
    page.wait_for_timeout(300)

    assert sent == ["POST"]


def test_careless_click_on_a_link_asks_before_typed_work_is_lost(world, page, sign_in):
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    sign_in(world.owen)
    page.get_by_label("Name").press_sequentially("x")

    page.get_by_role("link", name="Glossary").click(no_wait_after=True)
    page.wait_for_timeout(300)

    assert asked == ["beforeunload"]
    assert page.get_by_label("Name").input_value() == "xOwen Hughes"
