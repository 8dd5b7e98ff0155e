"""How Django REST framework answers: in the house's envelope, refusing whatever a view does not declare."""

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["loyalty.api.permissions.DenyUndeclared"],
    "DEFAULT_RENDERER_CLASSES": ["loyalty.api.json.EnvelopeRenderer"],
    "DEFAULT_PARSER_CLASSES": ["loyalty.api.json.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "loyalty.api.schema.HouseSchema",
    "EXCEPTION_HANDLER": "loyalty.api.errors.exception_handler",
    "UNAUTHENTICATED_USER": None,
    "UNAUTHENTICATED_TOKEN": None,
    "COERCE_DECIMAL_TO_STRING": False,
    "DATETIME_FORMAT": "%Y-%m-%dT%H:%M:%SZ",
}
