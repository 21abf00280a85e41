"""The API's pages work under the strictest policy: no script or style but our own files."""

from playwright.sync_api import expect

from tests.browser.conftest import Open


def test_the_api_can_be_read_and_tried_out(open_page: Open) -> None:
    page = open_page("/docs")
    # it draws every operation before it shows any: seconds on a busy machine
    expect(page.get_by_role("heading", name="Retrace")).to_be_visible(timeout=60_000)
    page.locator("#operations-tag-operations").click()
    operation = page.locator("#operations-operations-healthz_healthz_get")
    operation.get_by_role("button").first.click()
    operation.get_by_role("button", name="Try it out").click()
    operation.get_by_role("button", name="Execute").click()
    expect(operation.get_by_text('"status"').first).to_be_visible()
