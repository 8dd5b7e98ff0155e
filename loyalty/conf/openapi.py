"""drf-spectacular: one document for the whole API, served without any outside host."""

SPECTACULAR_SETTINGS = {
    "TITLE": "Loyalty Partner Platform API",
    "DESCRIPTION": (
        "Partners, customers, cards, points and sales.\n\n"
        "Every answer is a JSON object: `success`, `code`, `request_id` and `data` (lists also `meta`); a refusal has "
        "`success: false`, an upper-snake `code`, `message` in the language of the path, `errors` by field, and the "
        "members of RFC 9457. See `docs/errors.md`."
    ),
    "VERSION": "0.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": r"/\{locale\}",
    "COMPONENT_SPLIT_REQUEST": True,
    # Closed lists stand where they are used: names for them (five different "status") would have to be kept by hand.
    "POSTPROCESSING_HOOKS": ["loyalty.api.schema.add_house_rules"],
    "SWAGGER_UI_SETTINGS": {"validatorUrl": None, "persistAuthorization": True, "displayRequestDuration": True},
}
