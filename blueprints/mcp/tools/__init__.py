"""The tools, one file each, in folders by capability."""
