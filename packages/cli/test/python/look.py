"""A user's program in Python: begins a session at a WebDriver server, and when told looks what a site says to its browser.

look.py SERVER CAPABILITIES SITE
"""

import json
import sys

from selenium import webdriver
from selenium.webdriver.common.options import ArgOptions


def main(server, capabilities, site):
    options = ArgOptions()
    for name, value in json.loads(capabilities).items():
        options.set_capability(name, value)
    driver = webdriver.Remote(command_executor=server, options=options)
    try:
        tell(server=server, session=driver.session_id)
        sys.stdin.readline()
        driver.get(f"{site}/whoami")
        tell(text=driver.find_element("tag name", "body").text, windows=len(driver.window_handles))
        driver.get(f"{site}/show")
        sys.stdin.readline()
    finally:
        driver.quit()


def tell(**facts):
    print(json.dumps(facts), flush=True)


main(*sys.argv[1:])
