"""An object store in an S3 bucket: its client, its failures as sentences, many and large objects."""
