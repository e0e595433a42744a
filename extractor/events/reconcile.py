"""Header against narrative: two accounts of one operation. The narrative governs; what differs is reported."""
