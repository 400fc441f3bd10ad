"""Files of rows as people have them: CSV and spreadsheets."""
