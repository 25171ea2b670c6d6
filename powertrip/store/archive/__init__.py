"""The whole database as one file, and back: `take` and `put_back`, for each kind of database."""
