"""Reads the configuration: a YAML file and the environment become one frozen `Config`.

    YAML -> environment -> settings (pydantic) -> checks between settings -> rules -> Config

Each step adds the mistakes it finds; a configuration with any is refused with all of them.
"""

from powertrip.config.load import Config, load_config
from powertrip.config.settings import Settings
from powertrip.setting.section import Section

__all__ = ["Config", "Section", "Settings", "load_config"]
