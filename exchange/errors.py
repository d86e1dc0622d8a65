"""What can go wrong between departments."""

from collections.abc import Iterable, Mapping

from exchange.procedure import STATE_NAMES, State
from exchange.redress import STATE_NAMES as OBJECTION_STATES
from exchange.redress import State as ObjectionState
from foundation.reasons import Both, Grounds, Refused, because


def listed(names: Iterable[Both]) -> Both:
    """Join names as each language writes a list."""
    names = list(names)
    return Both("、".join(n.zh for n in names), ", ".join(n.en for n in names))


class AccessRefused(Refused):
    """The access decision refused; the grounds say what would change the answer."""


class LicenceNotFound(Refused):
    """No licence with this identifier among those the item needs (one outside them answers exactly the same)."""

    def __init__(self) -> None:
        super().__init__(because("licence_not_found"))


class NeedsMissing(Refused):
    """The application lacks licences; all of them are named at once, each with where to get it."""

    def __init__(self, missing: Mapping[int, Both], fields: Mapping[str, Grounds]) -> None:
        super().__init__(because("needs_missing", needs=listed(missing.values())), fields=fields)
        self.missing = dict(missing)


class NotRepresented(Refused):
    """The person may not act for this holder."""

    def __init__(self) -> None:
        super().__init__(because("not_represented"))


class ItemNotInForce(Refused):
    """The item cannot be applied for."""

    def __init__(self, code: str) -> None:
        super().__init__(because("item_not_in_force", item=code))


class RoleMissing(Refused):
    """The person has no role in the department that handles the item."""

    def __init__(self, department: Both) -> None:
        super().__init__(because("role_missing", department=department))


class OwnApplication(Refused):
    """Nobody decides their own application."""

    def __init__(self) -> None:
        super().__init__(because("own_application"))


class WrongState(Refused):
    """The table of states has no such step for the application."""

    def __init__(self, state: State) -> None:
        super().__init__(because("wrong_state", state=STATE_NAMES[state]))


class ReferencesNotValid(Refused):
    """Some references do not hold, so the application cannot be approved."""

    def __init__(self, names: Iterable[Both]) -> None:
        super().__init__(because("references_not_valid", needs=listed(names)))


class ReasonMissing(Refused):
    """A refusal must state its reason."""

    def __init__(self) -> None:
        super().__init__(because("reason_required"), fields={"reason": because("field_required")})


class ApplicationNotFound(Refused):
    """There is no application with this number."""

    def __init__(self) -> None:
        super().__init__(because("application_not_found"))


class InputInvalid(Refused):
    """What was sent has faults; each is named by its path."""

    def __init__(self, faults: Mapping[str, Grounds]) -> None:
        super().__init__(because("input_invalid"), fields=faults)


class TypeOfOtherDepartment(Refused):
    """Licences of the type are issued by another department."""

    def __init__(self, licence_type: Both, owner: Both) -> None:
        super().__init__(because("type_of_other_department", type=licence_type, owner=owner))


class TwoPersonsNeeded(Refused):
    """Licences of the type take two persons, so that one call does not issue them."""

    def __init__(self) -> None:
        super().__init__(because("two_persons_needed"))


class UnknownLicence(Refused):
    """The department has issued no licence with this identifier; another department's answers exactly the same."""

    def __init__(self) -> None:
        super().__init__(because("no_such_licence"))


class NotObjectable(Refused):
    """No department made the access."""

    def __init__(self) -> None:
        super().__init__(because("entry_not_objectable"))


class ObjectionOpen(Refused):
    """The person's objection to the same access is not answered yet."""

    def __init__(self) -> None:
        super().__init__(because("objection_open"))


class ObjectionNotFound(Refused):
    """There is no such objection for whoever asks."""

    def __init__(self) -> None:
        super().__init__(because("objection_not_found"))


class ObjectionNotYours(Refused):
    """Another department, or another role, answers the objection."""

    def __init__(self, department: Both) -> None:
        super().__init__(because("objection_not_yours", department=department))


class OwnLook(Refused):
    """Nobody answers an objection to their own access."""

    def __init__(self) -> None:
        super().__init__(because("own_look"))


class ObjectionWrongState(Refused):
    """The table of states has no such step for the objection."""

    def __init__(self, state: ObjectionState) -> None:
        super().__init__(because("objection_wrong_state", state=OBJECTION_STATES[state]))


class NotDeferrable(Refused):
    """Notice of this entry cannot be deferred, for a reason of the list."""

    def __init__(self, code: str = "entry_not_deferrable") -> None:
        super().__init__(because(code))


class DeferralNotPermitted(Refused):
    """Only the head of the department that looked, or the data authority, defers notice."""

    def __init__(self) -> None:
        super().__init__(because("deferral_not_permitted"))


class SystemNotFound(Refused):
    """There is no such system for whoever asks."""

    def __init__(self) -> None:
        super().__init__(because("client_not_found"))


class SystemsNotYours(Refused):
    """The systems of a department are managed by others."""

    def __init__(self) -> None:
        super().__init__(because("clients_not_yours"))
