import pytest
from tests import factories as make
from tests.exchange.short_way import call, environ, within

pytestmark = [pytest.mark.django_db, pytest.mark.about("postgresql")]


def test_x():
    make.city()
    lic = make.issued(make.LAND, make.someone(3))
    client, secret = make.client("O")
    token = make.token(client, secret)
    for n, item in ((lic.number, "O2"), (lic.number, "L1"), ("x", "O2"), (lic.identifier, "O2")):
        body = {"number": n, "item": item, "purpose": "p", "case": "x"}
        for short in (True, False):
            with within(), make.recorded() as es:
                a = call(environ(body, token), short=short)
            print(a.short, a.status, a.content.decode(), a.headers)
            print([{k: v for k, v in e.__dict__.items() if k not in ("_state", "leaf")} for e in es])
            print(bytes(es[0].leaf))
