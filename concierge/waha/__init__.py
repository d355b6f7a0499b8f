"""The wire to WAHA. Knows nothing of hotels, guests or rows."""
