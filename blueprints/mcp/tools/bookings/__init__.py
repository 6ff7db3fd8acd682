"""Services, free time, and bookings from the first to the last of their states."""
