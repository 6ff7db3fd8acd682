"""When, where and by whom customers are served: services, hours, free time, sessions and bookings."""
