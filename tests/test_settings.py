"""Where settings come from, what is said when they are wrong, and what Flask makes of them."""

import re
from pathlib import Path
from typing import Any

import pytest
from dotenv import dotenv_values

from webapp import settings as module
from webapp.setting_types import ROOT
from webapp.settings import ConfigurationError, Settings, load_settings

KEY = "Kq8vN2xR7tYw4zBc9fHj3mLp6sDg1aEu"
EXAMPLE = dotenv_values(ROOT / ".env.example", interpolate=False)


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*Settings.model_fields, "FLASK_DEBUG"]:
        monkeypatch.delenv(name, raising=False)


def load(**values: Any) -> Settings:
    return load_settings(**{"_env_file": None, "DATABASE_URL": "sqlite://", "SECRET_KEY": KEY, **values})


def test_all_that_is_wrong_is_said_at_once_one_line_each() -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(_env_file=None, PORT="x")
    first, second, third = str(caught.value).splitlines()
    assert first.startswith("DATABASE_URL is not set: ")
    assert second.startswith("SECRET_KEY is not set: make one with ")
    assert third == "PORT must be a whole number"


# Where they come from


@pytest.fixture
def env_file(tmp_path: Path) -> Path:
    path = tmp_path / ".env"
    path.write_text(f'DATABASE_URL="sqlite:///database.db"\nSECRET_KEY="{KEY}"\nFLASK_RUN_PORT=1\nOTHER=1\n')
    return path


def test_a_file_is_read_and_what_others_keep_in_it_is_left_alone(env_file: Path) -> None:
    assert load_settings(_env_file=env_file).SECRET_KEY.get_secret_value() == KEY


def test_the_environment_comes_before_the_file_unless_it_is_empty(
    env_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITE_NAME", "From outside")
    monkeypatch.setenv("SECRET_KEY", "")
    settings = load_settings(_env_file=env_file)
    assert settings.SITE_NAME == "From outside"
    assert settings.SECRET_KEY.get_secret_value() == KEY


def test_the_file_is_the_one_in_the_root_wherever_one_stands(
    env_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(env_file.parent)
    assert module.ENV_FILE == ROOT / ".env"
    assert Settings.model_config["env_file"] == ROOT / ".env"


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("DATABSE_URL", "DATABASE_URL"),
        ("database_url", "DATABASE_URL"),
        ("SECRETKEY", "SECRET_KEY"),
        ("TRUSTED_HOST", "TRUSTED_HOSTS"),
        ("SESSION_IDLE_MINUTE", "SESSION_IDLE_MINUTES"),
    ],
)
def test_a_name_that_looks_mistyped_stops_the_start(env_file: Path, wrong: str, meant: str) -> None:
    with env_file.open("a") as file:
        file.write(f"{wrong}=hushhush\n")
    with pytest.raises(ConfigurationError) as caught:
        load_settings(_env_file=env_file)
    assert str(caught.value) == f"{wrong} in .env: no such setting, did you mean {meant}?"


def test_a_mistyped_name_is_said_before_what_it_leaves_unset(env_file: Path) -> None:
    env_file.write_text(f'DATABSE_URL="sqlite://"\nSECRET_KEY="{KEY}"\n')
    with pytest.raises(ConfigurationError) as caught:
        load_settings(_env_file=env_file)
    first, second = str(caught.value).splitlines()
    assert first.startswith("DATABSE_URL in .env")
    assert second.startswith("DATABASE_URL is not set")


@pytest.mark.parametrize("name", ["TEST_DATABASE_URLS", "ZELADOR_PASSWORD", "POSTGRES_PASSWORD", "REDIS_URL"])
def test_a_name_of_somebody_else_is_no_mistake(env_file: Path, name: str) -> None:
    with env_file.open("a") as file:
        file.write(f"{name}=x\n")
    assert load_settings(_env_file=env_file)


def test_a_file_that_is_no_text_is_named(env_file: Path) -> None:
    env_file.write_bytes(b"SECRET_KEY=\xff\xfe")
    with pytest.raises(ConfigurationError, match=r"^\.env cannot be read"):
        load_settings(_env_file=env_file)


def test_a_directory_in_the_place_of_the_file_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").mkdir()
    with pytest.raises(ConfigurationError, match=r"^\.env cannot be read"):
        load_settings(_env_file=tmp_path / ".env")


# What becomes of them


def test_flask_gets_plain_values_under_the_same_names() -> None:
    config = load(SITE_NAME="Casa").flask_config()
    assert set(Settings.model_fields) <= set(config)
    assert config["SECRET_KEY"] == KEY
    assert config["SITE_NAME"] == "Casa"
    assert config["SQLALCHEMY_DATABASE_URI"] == "sqlite://"
    assert config["WTF_CSRF_TIME_LIMIT"] is None


def test_the_guide_lists_every_setting_with_its_default_and_meaning() -> None:
    guide = (ROOT / "docs/guide/settings.md").read_text().split("\n## ")[0]
    rows = re.findall(r"^\| `([A-Z_]+)` \| [^|]+ \| ([^|]+) \| (.+) \|$", guide, re.M)
    assert rows == [
        (name, _default(field), field.description) for name, field in Settings.model_fields.items()
    ]


def _default(field: Any) -> str:
    if field.is_required():
        return "none, must be set"
    return "empty" if field.default == () else f"`{field.default}`"


def test_the_example_file_holds_what_has_to_be_set_and_nothing_that_does_not_exist() -> None:
    required = {name for name, field in Settings.model_fields.items() if field.is_required()}
    assert required <= set(EXAMPLE) <= set(Settings.model_fields)
    assert EXAMPLE["DATABASE_URL"] == "sqlite:///database.db"


def test_no_key_that_the_project_shows_would_start_it() -> None:
    shown = [path for path in ROOT.glob("*") if path.name == ".env.example" or path.suffix in {".md", ".py"}]
    shown += (ROOT / "docs").rglob("*.md")
    keys = [
        value
        for path in shown
        for value in re.findall(r"""^\s*(?:export )?SECRET_KEY=["']?(.+?)["']?$""", path.read_text(), re.M)
    ]
    assert keys
    for key in keys:
        with pytest.raises(ConfigurationError, match=r"^SECRET_KEY "):
            load(SECRET_KEY=key)
