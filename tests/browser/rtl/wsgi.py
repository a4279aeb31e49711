"""The application in a language that is written from right to left, for a server of its own."""

from tests.pseudo import speak_arabic
from webapp import create_app

app = create_app()
app.config["LOCALES"] = ("en", "ar")
with app.app_context():
    speak_arabic()
