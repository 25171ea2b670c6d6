"""Powertrip's command line: `python bot.py --help`."""

from powertrip.cli import app

if __name__ == "__main__":
    app()
