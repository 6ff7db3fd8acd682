"""Who may come in: users, their seats in workspaces, and what a plan allows."""
