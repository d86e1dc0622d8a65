"""What the API's documentation calls the lists of choices that it names."""

ENUMERATIONS = {
    "LicenceState": "exchange.api.issuing_serializers.STATES",
    "AgreementState": "exchange.api.agreement_serializers.STATES",
    "AuthorisationState": "exchange.api.authorisation_serializers.STATES",
    "SubscriptionState": "exchange.api.subscription_serializers.STATES",
    "CorrectionState": "exchange.api.corrections.STATES",
    "BatchState": "exchange.api.batch_serializers.STAGES",
    "RowState": "exchange.api.batch_serializers.ROW_STATES",
    "Replacing": "exchange.issuing.REPLACING",
    "CaseState": "exchange.api.application_serializers.CASE_STATES",
    "NeedWay": "exchange.api.application_serializers.WAYS",
    "CaseStep": "exchange.api.application_serializers.STEPS",
    "Operating": "exchange.issuing.OPERATIONS",
}
