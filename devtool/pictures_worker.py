"""The part of `./dev screenshots` that needs Playwright, run where that is.

Standard input holds [url, browser, folder for the images, {name: page}] as JSON.
"""

import contextlib
import json
import sys
import time
import urllib.request

from playwright.sync_api import Error, sync_playwright

TIMEOUT_MS = 30000
START_SECONDS = 90
# The shop's, as in demo/cdnow.py: Odoo takes a user's from the first browser.
TIME_ZONE = "Asia/Jakarta"


def wait_until_up(url):
    """Return when Odoo, which was started a moment ago, answers."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            return urllib.request.urlopen(f"{url}/web/login", timeout=30).close()
        time.sleep(0.5)
    sys.exit("Odoo did not start.")


def log_in(browser, url, login):
    """Return a logged-in context; one for each user, so that logins are few."""
    size = {"width": 1360, "height": 820}
    place = {"locale": "en-US", "timezone_id": TIME_ZONE}
    context = browser.new_context(viewport=size, base_url=url, **place)
    context.set_default_timeout(TIMEOUT_MS)
    with context.new_page() as page:
        page.goto("/web/login")
        for name in ("login", "password"):  # in the demo they are the same
            page.fill(f"input[name={name}]", login)
        page.click("form.oe_login_form button[type=submit]")
        page.wait_for_selector(".o_web_client")
    return context


def find(context, model, domain, field="id", order="id"):
    """Return the id of the record that a page is to show."""
    params = {"model": model, "method": "search_read", "args": [domain, [field]]}
    params["kwargs"] = {"order": order, "limit": 1}
    answer = context.request.post("/web/dataset/call_kw", data={"params": params})
    value = answer.json()["result"][0][field]
    return value[0] if isinstance(value, list) else value


def take(context, target, wanted):
    page, complaints = context.new_page(), []
    page.on("pageerror", lambda error: complaints.append(f"    {error.message}"))
    try:
        record = "record" in wanted and find(context, **wanted["record"])
        page.goto(wanted["path"].format(id=record))
        page.wait_for_selector(wanted["wait_for"])
        if "click" in wanted:
            page.locator(wanted["click"]).first.click()
        page.wait_for_timeout(600)  # animations and images
        page.mouse.move(0, 0)
        page.screenshot(path=target)
    finally:  # what the page itself complained about says more than our time-out
        print("\n".join(complaints), end="")
        page.close()


def main(url, program, images, pages):
    contexts, failed = {}, False
    wait_until_up(url)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program)
        for name, page in pages.items():
            login = page.get("login", "admin")
            try:
                if login not in contexts:
                    contexts[login] = log_in(browser, url, login)
                take(contexts[login], f"{images}/{name}.png", page)
                print(f"    {name}.png")
            except (Error, LookupError) as error:
                failed = True
                print(f"    {name}: {error!r}")
        browser.close()
    return failed


if __name__ == "__main__":
    sys.exit(main(*json.load(sys.stdin)))
