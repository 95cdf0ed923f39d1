"""How soon the sidebar paints, can be used and shows results, in Chromium over loopback: `python -m benchmarks.sidebar_speed`.

First paint and usable are from navigation: the first content on the screen, and the question's field with the lists to choose
from. Results are from the last key to the drawn answer, with the pause in which the sidebar waits for another key.
"""

import argparse
import shutil
import statistics
from typing import Any, Final

from playwright.sync_api import Browser, sync_playwright

QUESTIONS: Final = (
    "customer never authorised this debit",
    "lost card in Texas",
    "transferencia SPEI no ha llegado",
    "late fee on a credit line",
    "cannot log in, new phone",
)

_USABLE = """() => new Promise((resolve) => {
    const there = () => document.querySelector('kb-sidebar')?.shadowRoot.querySelector('.chip select')
    const look = () => there() ? resolve(performance.now()) : requestAnimationFrame(look)
    look()
})"""
_RESULTS = """() => new Promise((resolve) => {
    const root = document.querySelector('kb-sidebar').shadowRoot
    const field = root.querySelector('textarea')
    field.value += 's'
    const begun = performance.now()
    document.querySelector('kb-sidebar').addEventListener('kb-answer', () =>
        requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - begun))), { once: true })
    field.dispatchEvent(new InputEvent('input', { bubbles: true }))
})"""


def measure(browser: Browser, address: str, runs: int) -> dict[str, list[float]]:
    """Milliseconds of each run."""
    found: dict[str, list[float]] = {"first paint": [], "usable": [], "results": []}
    for run in range(runs):
        context = browser.new_context(viewport={"width": 400, "height": 800})
        page = context.new_page()
        page.goto(f"{address}/sidebar", wait_until="commit")
        found["usable"].append(page.evaluate(_USABLE))
        page.locator("textarea").fill(QUESTIONS[run % len(QUESTIONS)])
        page.locator(".hit, .notice").first.wait_for()
        page.wait_for_timeout(200)
        found["results"].append(page.evaluate(_RESULTS))
        paints: list[dict[str, Any]] = page.evaluate("performance.getEntriesByType('paint').map((it) => it.toJSON())")
        found["first paint"].append(next(it["startTime"] for it in paints if it["name"] == "first-contentful-paint"))
        context.close()
    return found


def main() -> None:
    """Measure a service that runs already."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--address", default="http://127.0.0.1:8321", help="the service; start it with `kb serve`")
    parser.add_argument("--runs", type=int, default=30)
    arguments = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"])
        measure(browser, arguments.address, 3)  # the first ones load the models' pages into memory
        for name, values in measure(browser, arguments.address, arguments.runs).items():
            ordered = sorted(values)
            p95 = ordered[int(0.95 * (len(ordered) - 1))]
            print(f"{name}: p50 {statistics.median(values):.0f} ms, p95 {p95:.0f} ms, {len(values)} runs")
        browser.close()


if __name__ == "__main__":
    main()
