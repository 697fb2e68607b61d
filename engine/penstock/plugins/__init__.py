"""Plugins: found through entry points, checked, and asked through pluggy's hooks."""

from penstock.plugins.loading import Plugin, Plugins, load_plugins

__all__ = ["Plugin", "Plugins", "load_plugins"]
