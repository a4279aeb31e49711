"""The rows that hang on an object, edited in its form."""
