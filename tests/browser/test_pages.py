"""What holds of every page: phone, print, keyboard, and the basics of accessibility."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open

PAGES = (
    "/", "/messages", "/planner", "/quality", "/quality/inspections/INS-003", "/trace?said=D-LINE",
    "/staffing?department=D-LINE", "/changes", "/plans", "/gate", "/indicators", "/nowhere",
)

#: what axe would call serious, as far as these pages go; answers with a line for each fault
FAULTS = """() => {
  const faults = [];
  const named = (e) => e.labels?.length || e.ariaLabel || e.getAttribute("aria-labelledby");
  for (const e of document.querySelectorAll("input:not([type=hidden]), select, textarea"))
    if (!named(e)) faults.push("no label: " + e.outerHTML);
  for (const e of document.querySelectorAll("button, a, summary"))
    if (!e.innerText.trim() && !e.textContent.trim() && !e.ariaLabel) faults.push("no name: " + e.outerHTML);
  for (const e of document.querySelectorAll("img")) if (!e.hasAttribute("alt")) faults.push("no alt: " + e.outerHTML);
  const levels = [...document.querySelectorAll("h1, h2, h3, h4")].map((e) => Number(e.tagName[1]));
  if (levels.filter((level) => level === 1).length !== 1) faults.push("not one h1: " + levels);
  levels.forEach((level, i) => { if (i && level > levels[i - 1] + 1) faults.push("heading skipped: " + levels); });
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) faults.push("id twice: " + id);
  for (const e of document.querySelectorAll("[aria-describedby], [aria-labelledby]"))
    for (const id of (e.getAttribute("aria-describedby") ?? e.getAttribute("aria-labelledby")).split(" "))
      if (!document.getElementById(id)) faults.push("points at nothing: " + e.outerHTML);
  if (!document.documentElement.lang) faults.push("no language");
  if (document.querySelector("[style], style, script:not([src]), [onclick]")) faults.push("inline style or script");
  if (document.querySelectorAll("main").length !== 1) faults.push("not one main");
  return faults;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_labelled_ordered_and_legible(open_page: Open, scheme: str) -> None:
    page = open_page("/", "ada")
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    for path in PAGES:
        page.goto(path)
        assert page.evaluate(FAULTS) == [], path
        assert page.evaluate(_CONTRAST) == [], path


#: text whose contrast with what lies behind it is under 4.5 to 1 (colours blended by the canvas)
_CONTRAST = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", {willReadFrequently: true});
  const paint = (layers) => { canvas.clearRect(0, 0, 1, 1);
    for (const colour of layers) { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); }
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3); };
  const linear = (v) => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const light = (rgb) => { const [r, g, b] = rgb.map(linear);
    return .2126 * r + .7152 * g + .0722 * b; };
  const faults = [];
  for (const e of document.querySelectorAll("body *")) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || !e.checkVisibility() || e.closest(".sr, .skip, datalist, option")) continue;
    const behind = [];
    for (let at = e; at; at = at.parentElement) behind.unshift(getComputedStyle(at).backgroundColor);
    const a = light(paint(behind)), b = light(paint([...behind, getComputedStyle(e).color]));
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) faults.push(`${ratio.toFixed(2)} ${e.tagName}.${e.className} ${e.innerText}`);
  }
  return faults;
}"""


@pytest.mark.parametrize("language", ["English", "中文"])
def test_no_page_scrolls_sideways_on_a_phone(open_page: Open, language: str) -> None:
    page = open_page("/", "ada", width=375)
    page.get_by_role("button", name=language).click()
    for path in (*PAGES, "/login"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 375, path


def test_print_shows_the_list_and_not_what_is_for_clicking(open_page: Open) -> None:
    page = open_page("/planner", "hua")
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation")).to_be_hidden()
    expect(page.get_by_role("heading", name="Planner's list")).to_be_visible()
    for button in page.get_by_role("button").all():
        expect(button).to_be_hidden()


def test_the_keyboard_reaches_everything_in_order_and_shows_where_it_is(open_page: Open) -> None:
    page = open_page("/quality/inspections/INS-003", "qian")
    reached = [_tab(page) for _ in range(27)]
    names = [name for name, _ in reached]
    expected = ["Skip to the content", "Retrace", "Loop", "Plans", "Sessions", "You said, we did", "Changes",
                "QA queue", "Duties", "Indicators", "Trace", "Staffing", "Gate", "Audit trail", "Messages",
                "English", "中文", "Password", "Sign out", "← QA queue", "result",
                "sample_size", "nonconforming", "performed_at"]
    assert list(dict.fromkeys(names))[: len(expected)] == expected
    assert all(visible for _, visible in reached), reached


def _tab(page: Page) -> tuple[str, bool]:
    """Press Tab: what has the focus, and whether it shows."""
    page.keyboard.press("Tab")
    name, outline = page.evaluate(
        "() => { const e = document.activeElement; const s = getComputedStyle(e);"
        " return [e.name && e.tagName === 'INPUT' ? e.name : e.innerText.trim(), s.outlineStyle + s.outlineWidth]; }"
    )
    return name, outline == "solid2px"
