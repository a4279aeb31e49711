"""What pages cost, beside a bare page of the same rows: ``make bench``."""
