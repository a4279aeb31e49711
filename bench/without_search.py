"""Remove the search index of users, to be made anew when all of them are there: row by row takes ten minutes more."""

from webapp import create_app, search_index
from webapp.extensions import db

if __name__ == "__main__":
    with create_app().app_context(), db.engine.begin() as connection:
        search_index.drop(connection, "users")
