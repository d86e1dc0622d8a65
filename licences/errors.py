"""What can go wrong with licences."""

from collections.abc import Collection, Mapping

from foundation.reasons import Both, Grounds, Refused, because
from licences.lifecycle import OPERATIONS, ROLE_NAMES, STATE_NAMES, State


class NoSigningKey(Refused):
    """The department has no key in force, so nothing can be issued in its name."""

    def __init__(self, department: Both) -> None:
        super().__init__(because("item_not_issuing", department=department))


class NotIssuable(Refused):
    """No body with a USCC defines the type or issues it, so there is no identifier for it (GB/T 36904)."""

    def __init__(self, licence_type: Both) -> None:
        super().__init__(because("type_not_issuable", type=licence_type))


class ContentInvalid(Refused):
    """What the licence is to say does not fit the form of its type; every fault is named by its field."""

    def __init__(self, faults: Mapping[str, Grounds]) -> None:
        super().__init__(because("content_invalid"), fields=faults)


class NumberTaken(Refused):
    """The issuer has given this number to another licence of the type."""

    def __init__(self, number: str) -> None:
        super().__init__(
            because("number_taken", number=number), fields={"number": because("number_taken", number=number)}
        )


class HolderInvalid(Refused):
    """What is said of a holder has faults; each is named at its field."""

    def __init__(self, faults: Mapping[str, Grounds]) -> None:
        super().__init__(because("input_invalid"), fields=faults)


class HolderNumberTaken(Refused):
    """The number is, or was, another holder's."""

    def __init__(self) -> None:
        super().__init__(because("holder_number_taken"), fields={"number": because("holder_number_taken")})


class HolderNotYours(Refused):
    """The actor changes nothing of this holder; one that does not exist answers the same on pages."""

    def __init__(self) -> None:
        super().__init__(because("holder_not_yours"))


class NotRepresentable(Refused):
    """The person cannot be let act for the holder in this way; the grounds say why."""


class IdempotencyKeyReused(Refused):
    """The key came with another request before."""

    def __init__(self) -> None:
        super().__init__(because("idempotency_key_reused"))


class FileUnreadable(Refused):
    """A file of licences cannot be read at all, or its heading lacks a column."""


class BatchNotFound(Refused):
    """There is no such batch, or not for this department."""

    def __init__(self) -> None:
        super().__init__(because("batch_not_found"))


class OperationNotAllowed(Refused):
    """The table of the life cycle has no such operation in the licence's state."""

    def __init__(self, operation: str, state: State) -> None:
        names = {"state": STATE_NAMES[state], "operation": OPERATIONS[operation].name}
        super().__init__(because("operation_not_allowed", **names))


class OperationNotPermitted(Refused):
    """The operation, or the step of a draft, is for others than people in this role."""

    def __init__(self, name: Both, who: Collection[str]) -> None:
        told = [text for role, text in ROLE_NAMES.items() if role in who]
        names = Both("、".join(w.zh for w in told), ", ".join(w.en for w in told))
        super().__init__(because("operation_not_permitted", operation=name, who=names))


class NotTheIssuer(Refused):
    """What is done to a licence or its draft is for the department that issues it."""

    def __init__(self, issuer: Both) -> None:
        super().__init__(because("not_the_issuer", issuer=issuer))


class DraftNotAllowed(Refused):
    """The draft is not in a state that this step starts from."""

    def __init__(self, step: Both, state: Both) -> None:
        super().__init__(because("draft_not_allowed", step=step, state=state))


class SecondPersonNeeded(Refused):
    """The type asks for two persons: who made the draft neither reviews nor seals it."""

    def __init__(self) -> None:
        super().__init__(because("second_person_needed"))


class ReasonRequired(Refused):
    """The operation needs a reason."""

    def __init__(self) -> None:
        super().__init__(because("reason_required"), fields={"reason": because("field_required")})


class RowAltered(Refused):
    """The row is not as the platform wrote it, so it is neither trusted nor authenticated afresh."""

    def __init__(self) -> None:
        super().__init__(because("row_altered"))


class StatusListNotFound(Refused):
    """There is no such list, or it has not been published yet."""

    def __init__(self) -> None:
        super().__init__(because("status_list_not_found"))


class KeyNotFound(Refused):
    """There is no key with this id."""

    def __init__(self) -> None:
        super().__init__(because("key_not_found"))


class DepartmentNotFound(Refused):
    """There is no department with this code."""

    def __init__(self) -> None:
        super().__init__(because("department_not_found"))


class KeyNotInForce(Refused):
    """A retired or compromised key signs no more."""

    def __init__(self) -> None:
        super().__init__(because("key_not_in_force"))


class KeyKindUnknown(Refused):
    """No key of this algorithm can be made in this store."""

    def __init__(self, store: str, algorithm: str) -> None:
        super().__init__(because("key_kind_unknown", store=store, algorithm=algorithm))


class KeyNotCertifiable(Refused):
    """Keys of this algorithm have no X.509 certificate here."""

    def __init__(self, algorithm: str) -> None:
        super().__init__(because("key_not_certifiable", algorithm=algorithm))


class ChainInvalid(Refused):
    """A certificate chain that is not one of this key, or does not hold."""

    def __init__(self, why: Both) -> None:
        super().__init__(because("chain_invalid", why=why))


class DocumentNotGiven(Refused):
    """The licence is not issued, or never will be: there is no document of it."""

    def __init__(self, state: Both) -> None:
        super().__init__(because("document_not_given", state=state))


class DocumentNotSealable(Refused):
    """The department's key has no certificate, or is of a kind that PAdES does not know."""

    def __init__(self, department: Both) -> None:
        super().__init__(because("document_not_sealable", department=department))


class TimeStampUnavailable(Refused):
    """The time-stamp server does not answer, so that nothing is sealed."""

    def __init__(self) -> None:
        super().__init__(because("time_stamp_unavailable"))


class LicenceNotValid(Refused):
    """Copies are made of valid licences only."""

    def __init__(self, state: Both) -> None:
        super().__init__(because("licence_not_valid", state=state))


class InvalidCopy(Refused):
    """What a copy is to say has faults; each is named at its field."""

    def __init__(self, faults: Mapping[str, Grounds]) -> None:
        super().__init__(because("input_invalid"), fields=faults)
