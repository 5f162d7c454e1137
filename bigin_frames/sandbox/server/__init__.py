"""A part of the local Bigin."""
