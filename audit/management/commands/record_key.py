from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from audit.logkey import log_key, verifier_key


class Command(BaseCommand):
    help = "Print the public key under which the record's tree is signed; it is made where there is none. 打印日志公钥"

    def handle(self, *args: Any, **options: Any) -> None:
        key = log_key()
        self.stdout.write(str(verifier_key(key)))
        if key.origin != settings.LOG_ORIGIN:
            self.stderr.write(
                f"The log keeps the name that it was made with; LICENCE_EXCHANGE_LOG_ORIGIN is {settings.LOG_ORIGIN} "
                "now, which changes nothing. / 日志名称在创建时确定，此后设置不再生效"
            )
