"""The one API of the house; each programme adds its router."""

from ninja import NinjaAPI

api = NinjaAPI(title="Trama", version="1", docs_url=None)
