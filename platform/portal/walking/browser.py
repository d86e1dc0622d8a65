"""A browser reduced to what a walk needs: signs in, reads pages, sends their forms."""

import html
import re
from collections.abc import Mapping

import httpx

_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_TAG = re.compile(r"<[^>]+>")


class StepFailed(Exception):
    """A step of the walk did not hold."""


class Page:
    """One page that came back."""

    def __init__(self, answer: httpx.Response) -> None:
        self.status = answer.status_code
        self.address = str(answer.url)
        self.source = answer.text

    @property
    def text(self) -> str:
        """The page's words without its tags."""
        return html.unescape(" ".join(_TAG.sub(" ", self.source).split()))

    def values(self, attribute: str) -> list[str]:
        """Return the values of an attribute, in the page's order."""
        return [html.unescape(v) for v in re.findall(rf'\b{attribute}="([^"]*)"', self.source)]

    def all(self, pattern: str) -> list[str]:
        """Return the matches of a pattern in the page's source."""
        return [html.unescape(found) for found in re.findall(pattern, self.source)]


class Browser:
    """One person's session; follows redirects, sends the form token of the page it last read."""

    def __init__(self, address: str, *, language: str = "en") -> None:
        self._http = httpx.Client(
            base_url=address, follow_redirects=True, timeout=30, headers={"Accept-Language": language}
        )
        self._token = ""

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get(self, path: str, **query: str) -> Page:
        """Read a page."""
        return self._keep(self._http.get(path, params=query or None))

    def post(self, path: str, form: Mapping[str, str]) -> Page:
        """Send a form of the page last read."""
        headers = {"Referer": str(self._http.base_url.join(path))}
        return self._keep(self._http.post(path, data={"csrfmiddlewaretoken": self._token, **form}, headers=headers))

    def sign_in(self, username: str, password: str) -> Page:
        """Sign in; raise `StepFailed` where the account is not known."""
        self.get("/sign-in/")
        page = self.post("/sign-in/", {"username": username, "password": password})
        if page.address.endswith("/sign-in/"):
            raise StepFailed(f"{username} could not sign in")
        return page

    def _keep(self, answer: httpx.Response) -> Page:
        found = _TOKEN.search(answer.text)
        if found:
            self._token = found[1]
        return Page(answer)
