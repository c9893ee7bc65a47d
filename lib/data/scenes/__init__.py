"""The default data: landscapes rendered from noise."""
