"""The people of a workspace: customers, how to reach them, what is known of them, and how they are found."""
