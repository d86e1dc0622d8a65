"""Which scopes a client may ask for: `record` only where it was given to it by name."""

from typing import Any

from oauth2_provider.scopes import SettingsScopes

READS_RECORD = "record"


class ClientScopes(SettingsScopes):
    """The scopes of the settings, narrowed by what a client was registered for."""

    def get_available_scopes(self, application: Any = None, *args: Any, **values: Any) -> list[str]:
        """Return the scopes that this client may ask for."""
        scopes = super().get_available_scopes(application, *args, **values)  # type: ignore[no-untyped-call]
        return [scope for scope in scopes if scope != READS_RECORD or getattr(application, "reads_record", False)]
