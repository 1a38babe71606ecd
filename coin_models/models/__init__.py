"""What a version forecasts with: network, reference and further families, as tensors and in numpy; and their mean."""
