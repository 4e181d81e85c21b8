"""Figures of what was found, through matplotlib, which the extra ``report`` installs."""
