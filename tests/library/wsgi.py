"""The application with the library, for a server that a browser visits."""

from tests.library import world
from webapp import create_app
from webapp.settings import load_settings

settings = load_settings()
app = create_app(settings, world.apps(settings.DATABASE_URL))
