"""Fits what coding loads. The pipeline never imports this room."""
