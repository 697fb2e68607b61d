"""A run: advanced from its plan and its journal, watched while it waits."""
