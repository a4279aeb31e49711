"""`make torture`: servers and workers are killed while people work, and the database is compared with what they were told."""
