"""A user's program in Python: starts Chromium with Selenium, logs in at a site, tells where its session is, and goes on when told.

log_in.py SITE BROWSER FLAG...
"""

import json
import sys

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait


def main(site, browser, *flags):
    options = Options()
    options.binary_location = browser
    for flag in ("--headless", *flags):
        options.add_argument(flag)
    # Named, for Selenium would look for one to download otherwise.
    service = Service("chromedriver")
    driver = webdriver.Chrome(service=service, options=options)
    try:
        driver.get(f"{site}/seed")
        WebDriverWait(driver, 30).until(lambda browser: browser.title == "seeded")
        driver.get(f"{site}/whoami")
        tell(server=service.service_url, session=driver.session_id)
        sys.stdin.readline()
        tell(
            url=driver.current_url,
            text=driver.find_element("tag name", "body").text,
            windows=len(driver.window_handles),
        )
    finally:
        driver.quit()


def tell(**facts):
    print(json.dumps(facts), flush=True)


main(*sys.argv[1:])
