"""What carriers report: their events in one form, filed in each parcel's timeline."""
