# For the `flask` command only. The application's settings belong into .env; debug is chosen where it is started.
FLASK_APP=wsgi
FLASK_RUN_PORT=8000
