"""Reading a GTFS Schedule feed into Arrow tables. Knows files and Arrow; knows no Django."""
