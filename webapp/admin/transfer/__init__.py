"""A list as a file: what is asked for, the rows read from one state of the database, and their way out."""
