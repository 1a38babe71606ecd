"""An object store in an S3 bucket: its client, its errors as sentences, many and large objects."""
