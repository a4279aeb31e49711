"""Who people are: users and groups, what they are granted, their passwords, and the rules between them."""

from flask import Flask

from webapp import deployment
from webapp.admin.site import AdminSite
from webapp.users import accounts_cli as accounts_cli
from webapp.users import django_cli as django_cli
from webapp.users import fitness, holding_nothing, views
from webapp.users.admin import GroupAdmin, UserAdmin
from webapp.users.cli import users_cli
from webapp.users.models import Group, User
from webapp.users.seeding import seed_cli


def register(site: AdminSite) -> None:
    blueprint = site.register(User, UserAdmin)
    site.register(Group, GroupAdmin)
    blueprint.add_url_rule("/<key>/password/", "password", views.password, methods=("GET", "POST"))
    blueprint.add_url_rule("/<key>/link/", "link", views.link, methods=("GET", "POST"))


def init_app(app: Flask) -> None:
    app.cli.add_command(users_cli)
    app.cli.add_command(seed_cli)
    holding_nothing.init_app(app)
    deployment.also(app, fitness.somebody_may_do_everything)
