"""Many rows: what the address says, which rows that is, and the page that shows them."""
