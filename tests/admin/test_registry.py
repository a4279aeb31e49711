"""The walk through the registry: whatever the library registers has every page, and each of them works."""

import pytest
from flask import Flask

from tests.library import world
from webapp.extensions import db


def test_the_small_world_hangs_together(library_app: Flask) -> None:
    with library_app.app_context():
        world.fill(db.session())


@pytest.mark.parametrize("model", world.MODELS, ids=lambda model: model.__name__)
def test_each_model_has_rows_to_try_it_with(library_app: Flask, model: type) -> None:
    world.keep(library_app, world.sample_row(model, 1), world.sample_row(model, 2))
