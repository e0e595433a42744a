"""What a user of opnote sees, held."""
