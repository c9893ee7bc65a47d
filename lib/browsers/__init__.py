"""ipywidgets, thin over views.py and sheets.py: what they show can be drawn without them, and is in every notebook."""

from lib.browsers.colorizer import ColorizerBrowser, colorizer_view
from lib.browsers.feature_maps import FeatureMapBrowser

__all__ = ["ColorizerBrowser", "FeatureMapBrowser", "colorizer_view"]
