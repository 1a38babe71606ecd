"""The object store: one protocol, a local folder and S3, every key in one module."""
