"""The WSGI application that granian serves."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "loyalty.settings")
application = get_wsgi_application()
# Now rather than in somebody's first request, which would wait for half a second of imports.
get_resolver().url_patterns  # noqa: B018 - reading it imports every view
# What is here by now stays: the garbage collector need not look through it again and again.
gc.collect()
gc.freeze()
