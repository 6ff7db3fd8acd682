"""The believable workspaces of the demo (PRODUCT §9): the same rows for the same day, ids included, on both databases."""
