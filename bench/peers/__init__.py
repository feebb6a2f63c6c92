"""Times this project's encoder and decoder against other programs."""
