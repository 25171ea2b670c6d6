"""The kit that reads a configuration file: YAML and the environment become sections, or all mistakes in them.

It knows no setting: `powertrip.settings` composes the file of the sections that the rooms own.
"""
