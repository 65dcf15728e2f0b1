"""What becomes of a record after the seal 归档: a second copy in object storage, how long files are kept, holds, and purges."""
