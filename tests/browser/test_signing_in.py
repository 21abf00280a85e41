"""Signing in and choosing a language."""

from playwright.sync_api import expect

from tests.browser.conftest import Open, sign_in


def test_a_wrong_password_is_said_and_the_login_is_kept(open_page: Open) -> None:
    page = open_page("/login")
    sign_in(page, "hua", "guess")
    expect(page.get_by_role("alert")).to_have_text("Login or password is wrong.")
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_label("Login")).to_have_value("hua")


def test_one_comes_back_to_the_page_one_wanted(open_page: Open) -> None:
    page = open_page("/quality")
    page.get_by_label("Login").fill("qian")
    page.get_by_label("Password").fill("correct horse")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/quality")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/login")
    page.goto("/quality")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_the_language_switch_leaves_no_english_behind(open_page: Open) -> None:
    page = open_page("/", "ada")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_role("button", name="中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    for path in ("/", "/planner", "/quality", "/quality/inspections/INS-003", "/nowhere"):
        page.goto(path)
        # what the site itself named in English: people, processes, courses, codes, models
        own = "[lang=en], code, h3, .who-name, .what, .brand, .badge, td strong, .facts dd, td:not([data-label])"
        left = page.evaluate(f"""() => {{
            for (const part of document.querySelectorAll({own!r})) part.remove();
            return document.querySelector("main").innerText.match(/[A-Za-z]{{3,}}[^\\n]*/g) ?? [];
        }}""")
        assert [text for text in left if "QA-" not in text and "Wave soldering" not in text
                and "Asia/Shanghai" not in text] == [], path
