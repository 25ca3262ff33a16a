"""The one process that answers."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trama.site.settings")
application = get_asgi_application()
