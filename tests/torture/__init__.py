"""`make torture`: servers and workers are killed while people work, and nothing that they were told may be lost."""
